// The whole gateway in one value: what is durable, what runs, what time it is, and what clients were promised. Its
// methods are what can happen to it; nothing happens by itself.
import type { Placed, Placement } from '@orders/api/order-placement';
import type { LogPosition } from '@orders/order-store/order-store';
import { decodeCheckpoint, encodeCheckpoint } from '@orders/read-model/checkpoint';
import { foldViews } from '@orders/read-model/fold-views';
import { currentViewVersion } from '@orders/read-model/order-view';
import { callsOf } from './calls.ts';
import { type ExchangeKind, memoryExchange } from './memory-exchange.ts';
import { memoryLog } from './memory-log.ts';
import { memoryQueue } from './memory-queue.ts';
import { emptyRedis, type MemoryRedis, type RedisContent, redisCall, replaceViews } from './memory-redis.ts';
import {
  type Api,
  type Breaker,
  bootApi,
  bootProjector,
  bootWorker,
  type Environment,
  type Flaws,
} from './services.ts';
import { type Process, startMs, turnTaking } from './turns.ts';

export const soundParts: Flaws = {
  locksExpire: true,
  comparesCheckpoints: true,
  comparesViews: true,
  sweeps: true,
  enqueuesLate: false,
  switchesTooFar: false,
  guessesNotPlaced: false,
  trustsAbsence: false,
};

export const processNames = ['worker-1', 'worker-2', 'worker-3', 'projector-1', 'projector-2', 'api'] as const;
export type ProcessName = (typeof processNames)[number];

const supervisor: Process = { name: 'supervisor', life: 'running' };

export type World = Awaited<ReturnType<typeof beginWorld>>;

export type Setting = {
  kind: ExchangeKind;
  /** Jobs for which the queue has room. */
  jobsMax: number;
};

export async function beginWorld({ kind, jobsMax }: Setting, flaws: Flaws = soundParts) {
  const clock = { nowMs: startMs };
  const nowMs = () => clock.nowMs;
  const sightings = new Map<string, number>();
  const see = (what: string) => {
    sightings.set(what, (sightings.get(what) ?? 0) + 1);
  };
  const turns = turnTaking(clock);
  const calls = callsOf(turns, kill, see);
  const redis: MemoryRedis = { content: emptyRedis(), isUp: true };
  const call = redisCall(redis, calls);
  const queue = memoryQueue({ redis, call, nowMs, see }, flaws);
  const log = memoryLog(turns, calls, () => new Date(nowMs()));
  const exchange = memoryExchange(kind, { turns, calls, nowMs, see });
  const breaker = { state: 'closed' as Breaker };
  const tended = new Map<string, Process>();
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `00000000-0000-7000-8000-${String(ids).padStart(12, '0')}`;
  };
  const env: Environment = {
    ...{ turns, calls, nowMs, newId, see, log, redis, call, queue, exchange, tended, jobsMax, flaws },
    breaker: () => breaker.state,
  };
  const running = new Map<ProcessName, Process>();
  let api: Api;
  const snapshots: RedisContent[] = [];
  const acknowledged: Placed['placed'][] = [];
  /** In what state orders were when an operator sent them round again; a doubt is remembered for good. */
  const redriven = new Map<string, 'failed' | 'in_doubt'>();
  let lostDerivedData = false;

  function boot(name: ProcessName): void {
    const process: Process = { name, life: 'running' };
    running.set(name, process);
    if (name === 'api') api = bootApi(env, process);
    else if (name.startsWith('worker')) bootWorker(env, process);
    else bootProjector(env, process);
  }

  function kill(process: Process, sent: boolean): void {
    if (process.life === 'dead') return;
    see('crash');
    turns.note(process.name, sent ? 'dies, what it was sending has left' : 'dies');
    turns.kill(process, sent);
    for (const [token, worker] of tended) if (worker === process) tended.delete(token);
    const restart = async () => {
      await turns.park(supervisor, `start ${process.name}`, ['ok']);
      boot(process.name as ProcessName);
    };
    void restart();
  }

  const isTended = (token: string) => tended.get(token)?.life === 'running';
  const somebodyLooks = () =>
    running.values().some(({ name, life }) => life === 'running' && name.startsWith('worker'));

  for (const name of processNames) await turns.start(() => boot(name));
  while (await turns.step({ who: 0, end: 0 }));

  return {
    ...{ turns, sightings, see, redis, log, exchange, breaker, nowMs, acknowledged, redriven, tended, queue },
    lostDerivedData: () => lostDerivedData,
    isAlive: (name: ProcessName) => running.get(name)?.life !== 'dead',

    place: (placement: Placement): Promise<void> =>
      turns.start(() => {
        const answered = (placed: Placed) => {
          acknowledged.push(placed.placed);
          if (placed.replayed) see('placement replayed');
        };
        const task = api.place(placement).then(answered, (error: Error) => see(`api ${error.name}`));
        void task.then(turns.moved);
      }),

    redrive: (orderId: string, was: 'failed' | 'in_doubt'): Promise<void> =>
      turns.start(() => {
        if (redriven.get(orderId) !== 'in_doubt') redriven.set(orderId, was);
        const request = { orderId, by: 'operator', reason: 'checked', traceparent: undefined };
        void api.redrive(request).then(turns.moved, turns.moved);
      }),

    advance: async (ms: number): Promise<void> => {
      turns.note('clock', `+${ms}`);
      await turns.advance(ms);
      queue.lookAfterLocks(isTended, somebodyLooks());
    },

    crash: (name: ProcessName, sent: boolean): void => {
      const process = running.get(name);
      if (process !== undefined) kill(process, sent);
    },

    pause: (name: ProcessName): void => {
      const process = running.get(name);
      if (process?.life !== 'running') return;
      turns.note(name, 'is paused');
      process.life = 'paused';
    },

    resume: (name: ProcessName): void => {
      const process = running.get(name);
      if (process?.life !== 'paused') return;
      turns.note(name, 'goes on');
      process.life = 'running';
    },

    keepSnapshot: (): void => {
      turns.note('redis', 'is copied');
      snapshots.push(structuredClone(redis.content));
    },

    /** Redis falls back to an older state of itself, or to nothing when there is none. */
    loseRedisData: (which: number): void => {
      const older = snapshots[snapshots.length - which];
      see(older === undefined ? 'redis flushed' : 'redis fell back');
      turns.note('redis', older === undefined ? 'is empty' : 'falls back to a copy');
      redis.content = older === undefined ? emptyRedis() : structuredClone(older);
      lostDerivedData = true;
    },

    /** As by `orders rebuild`: the fold of a log that lacks so many events behind the checkpoint goes live. */
    switchReadModel: (eventsBack: number): void => {
      const live = decodeCheckpoint(redis.content.checkpoint);
      if (!redis.isUp || live?.phase !== 'live' || live.viewVersion !== currentViewVersion) return;
      const reached = (position: LogPosition) => live.position !== null && position.commit <= live.position.commit;
      const known = log.log.filter(({ position }) => reached(position) || flaws.switchesTooFar);
      const folded = known.slice(0, Math.max(0, known.length - eventsBack));
      see('read model switched');
      turns.note('redis', `holds another read model, ${eventsBack} events back`);
      replaceViews(redis.content, foldViews(new Map(), folded).changed);
      const position = folded.at(-1)?.position ?? null;
      redis.content.checkpoint = encodeCheckpoint({ ...live, position, generation: `g${turns.trace.length}` });
    },

    /** As after an upgrade to other views. */
    outdateViews: (): void => {
      turns.note('redis', 'holds views of an older version');
      lostDerivedData = true;
      redis.content.checkpoint = redis.content.checkpoint.replace(/,\d+(,"\w+")?\]$/, ',0]');
    },
  };
}
