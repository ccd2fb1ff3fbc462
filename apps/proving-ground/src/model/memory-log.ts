// The event store as a process meets it: the contract of the order store in memory, with calls that fail, and a
// subscription that can break anywhere.
import { memoryOrderStore } from '@orders/order-store/memory-order-store';
import { AppendError, type LogPosition, type OrderStore } from '@orders/order-store/order-store';
import type { OrderEventBatch } from '@orders/order-store/order-subscription';
import type { CallFaults, Calls } from './calls.ts';
import type { Process, Turns } from './turns.ts';

const batchMax = 4;
const idleMs = 1_000;

const notStored = () => new AppendError('not-stored', 'nothing was sent');
const unknown = () => new AppendError('unknown', 'no answer');
const appendFaults: CallFaults = { failed: notStored, lost: unknown, mayBeLate: true };
const noAnswer = () => new Error('the event store does not answer');
const readFaults: CallFaults = { failed: noAnswer, lost: noAnswer };

export type MemoryLog = ReturnType<typeof memoryLog>;

export function memoryLog(turns: Turns, { call, diedAt }: Calls, now: () => Date) {
  const { append, load, log } = memoryOrderStore(now);

  const storeOf = (process: Process): OrderStore => ({
    append: (events) =>
      call(process, `append ${events.events.map(({ type }) => type).join()}`, () => append(events), appendFaults),
    load: (orderId) => call(process, 'load', () => load(orderId), readFaults),
  });

  async function* subscribe(process: Process, from: LogPosition | null): AsyncGenerator<OrderEventBatch, void, void> {
    let read = log.filter(({ position }) => from !== null && position.commit <= from.commit).length;
    let position = from;
    let announced = false;
    let idleAtMs = now().getTime() + idleMs;
    const isReady = () => read < log.length || !announced || now().getTime() >= idleAtMs;
    for (;;) {
      const end = await turns.park(process, 'subscription', ['ok', 'one event', 'cut', 'crash'], { isReady });
      if (end === 'crash') await diedAt(process);
      if (end === 'cut') throw new Error('the subscription was cut');
      const events = log.slice(read, read + (end === 'one event' ? 1 : batchMax));
      read += events.length;
      position = events.at(-1)?.position ?? position;
      const caughtUp = read === log.length;
      announced ||= caughtUp;
      idleAtMs = now().getTime() + idleMs;
      yield { events, unreadable: [], position, caughtUp };
    }
  }

  return {
    log,
    storeOf,
    subscribe,
    identifyOf: (process: Process) => () => call(process, 'identify', () => 'store-1', readFaults),
    /** Asked by nobody but the checks: never fails. */
    orderIds: () => [...new Set(log.map(({ orderId }) => orderId))],
    historyOf: (orderId: string) => log.filter((recorded) => recorded.orderId === orderId),
  };
}
