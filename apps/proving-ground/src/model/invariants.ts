// What must be true of the gateway once the trouble is over, whatever has happened before.

import { isDeepStrictEqual } from 'node:util';
import { evolve, foldOrder } from '@orders/domain/order';
import type { Order, OrderEvent } from '@orders/domain/order-types';
import { decodeCheckpoint } from '@orders/read-model/checkpoint';
import { currentViewVersion, viewOfHistory } from '@orders/read-model/order-view';
import { processNames, type World } from './world.ts';

/** A promise of the gateway that was not kept. The message says which, and everything that happened before. */
export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError';

  constructor(promise: string, { turns }: World) {
    super(`${promise}\n${turns.trace.join('\n')}\nwaiting: ${turns.waiting().join('; ')}`);
  }
}

const stepsMax = 5_000;
// Locks run out, pauses of the queue pass, and absence is proven well within these.
const waitsMs = [1_000, 5_000, 31_000, 31_000, ...Array.from({ length: 26 }, () => 61_000)];

/** Ends all trouble, and waits until nothing is left to do. */
export async function heal(world: World): Promise<void> {
  const { turns, redis, exchange, breaker } = world;
  turns.note('world', 'heals');
  redis.isUp = true;
  exchange.state.condition = 'open';
  breaker.state = 'closed';
  for (const name of processNames) world.resume(name);
  for (const waitMs of waitsMs) {
    let steps = 0;
    while (await turns.step({ who: 0, end: 0 })) {
      steps += 1;
      if (steps > stepsMax) throw new BrokenPromiseError('nothing stands still', world);
    }
    if (isQuiet(world)) return;
    await world.advance(waitMs);
  }
  throw new BrokenPromiseError(`stuck: ${unsettled(world).join()}`, world);
}

const orderOf = (world: World, orderId: string): Order =>
  foldOrder(world.log.historyOf(orderId).map(({ event }) => event));

function unsettled(world: World): string[] {
  return world.log.orderIds().filter((orderId) => {
    const { status } = orderOf(world, orderId);
    const isEnd = status === 'submitted' || status === 'failed';
    return !(isEnd || (status === 'in_doubt' && !world.exchange.canBeAsked));
  });
}

function isQuiet(world: World): boolean {
  const { redis, log, tended } = world;
  const checkpoint = decodeCheckpoint(redis.content.checkpoint);
  const isAtEnd = checkpoint?.position?.commit === log.log.at(-1)?.position.commit && checkpoint?.phase === 'live';
  // As Redis may have fallen back to one of before an upgrade, which the projectors have yet to notice.
  const isCurrent = checkpoint?.viewVersion === currentViewVersion;
  const isStill = !world.turns.isAnythingOnItsWay();
  return isStill && isAtEnd && isCurrent && tended.size === 0 && unsettled(world).length === 0;
}

/** Throws {@link BrokenPromiseError}. To be asked of a world that was healed. */
export function checkPromises(world: World): void {
  const check = (holds: boolean, promise: string) => {
    if (!holds) throw new BrokenPromiseError(promise, world);
  };
  for (const { order_id: id } of world.acknowledged) {
    check(world.log.historyOf(id)[0]?.event.type === 'OrderPlaced', `acknowledged, but not stored: ${id}`);
  }
  // A projector that has not noticed yet that its views are gone takes the next event for one without a beginning.
  const mayMissViews = world.lostDerivedData();
  check(mayMissViews || !world.sightings.has('anomaly out-of-sequence'), 'an event did not follow its view');
  const mayContradict =
    world.exchange.kind === 'bare, retry' || world.redriven.values().some((was) => was === 'in_doubt');
  check(mayContradict || !world.sightings.has('contradiction'), 'the exchange contradicts a stream');
  const passedOver = world.lostDerivedData() ? [] : [...world.redis.content.passedOver];
  check(passedOver.length === 0, `behind the checkpoint without ever having had a job: ${passedOver.join()}`);
  for (const id of world.log.orderIds()) {
    checkStream(world, id, check);
    checkLedger(world, id, check);
    checkView(world, id, check);
  }
  check(world.redis.content.views.size === world.log.orderIds().length, 'views of orders that are not stored');
}

type Check = (holds: boolean, promise: string) => void;

function checkStream(world: World, id: string, check: Check): void {
  const history = world.log.historyOf(id);
  let before: Order = foldOrder([]);
  for (const { event, revision, metadata } of history) {
    check(Number(revision) === history.findIndex((recorded) => recorded.revision === revision), `hole in ${id}`);
    check(metadata.$correlationId === history[0]?.metadata.$correlationId, `${event.type} of ${id} belongs elsewhere`);
    check(mayFollow(before, event), `${event.type} after ${before.status} in ${id}`);
    before = evolve(before, event);
  }
  const decisions = new Set(history.map(({ metadata }) => metadata.$causationId));
  check(decisions.size === history.length, `a decision stands twice in ${id}`);
}

function mayFollow(before: Order, event: OrderEvent): boolean {
  if (before.status === 'absent') return event.type === 'OrderPlaced';
  switch (event.type) {
    case 'OrderPlaced':
      return false;
    case 'SubmissionStarted':
      return ['placed', 'submitting'].includes(before.status) && event.data.attempt === before.attempts + 1;
    case 'OrderSubmitted':
      return before.status !== 'submitted';
    case 'RedriveRequested':
      return before.status === 'failed' || before.status === 'in_doubt';
    default:
      return before.status !== 'submitted' && before.status !== 'failed';
  }
}

function checkLedger(world: World, id: string, check: Check): void {
  const { kind, ledger } = world.exchange;
  const order = orderOf(world, id);
  const standing = ledger.filter(({ orderId }) => orderId === id).map(({ exchangeOrderId }) => exchangeOrderId);
  // With their redrive operators have answered for a call that nobody could ask about.
  const isAnsweredFor = !world.exchange.canBeAsked && world.redriven.get(id) === 'in_doubt';
  check(standing.length <= 1 || kind === 'bare, retry' || isAnsweredFor, `${id} was placed ${standing.length} times`);
  if (order.status === 'submitted') check(standing.includes(order.exchange_order_id), `${id} is not at the exchange`);
  if (order.status === 'failed') check(standing.length === 0 || isAnsweredFor, `${id} failed, but was placed`);
}

function checkView(world: World, id: string, check: Check): void {
  const { views, byStatus } = world.redis.content;
  const view = views.get(id);
  check(isDeepStrictEqual(view, viewOfHistory(world.log.historyOf(id))), `the view of ${id} is wrong`);
  const indexed = [...byStatus].filter(([, ids]) => ids.has(id)).map(([status]) => status);
  check(indexed.join() === view?.status, `${id} is indexed as ${indexed.join()}`);
}
