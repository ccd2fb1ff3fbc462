// What is done to the system, drawn by a seed: the same seed gives the same faults in the same order at the same times.
// How a fault meets the system differs from run to run, as the processes do.

import type { LinkState } from '@orders/local-system/tcp-link';
import type { Random } from '../seeded-random.ts';
import { type ChaosSystem, type LinkName, linkNames } from './chaos-system.ts';

export type Fault = {
  /** As the timeline has it. */
  name: string;
  kind: FaultKind;
  /** Resolves to how the fault is taken back, or to `null` when that is not needed; rejects when it struck nothing. */
  strike: (system: ChaosSystem) => Promise<(() => unknown) | null>;
  /** After that time it is taken back. */
  lastsMs: number;
};

export const faultKinds = [
  'kill',
  'restart',
  'freeze',
  'kill redis',
  'freeze redis',
  'flush redis',
  'restore redis',
  'cut',
  'silence',
  'delay',
  'outage',
  'hang',
  'lost answers',
  'failing',
  'slow exchange',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How often each kind comes, in relation to the others. */
const weights: Readonly<Record<FaultKind, number>> = {
  kill: 22,
  restart: 6,
  freeze: 10,
  'kill redis': 5,
  'freeze redis': 3,
  'flush redis': 6,
  'restore redis': 6,
  cut: 10,
  silence: 8,
  delay: 8,
  outage: 4,
  hang: 3,
  'lost answers': 5,
  failing: 4,
  'slow exchange': 3,
};
const totalWeight = Object.values(weights).reduce((sum, weight) => sum + weight, 0);

const seconds = (random: Random, from: number, to: number) => 1_000 * from + random.below(1_000 * (to - from));
const oneOf = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};

export type FaultPlanOptions = {
  processes: readonly string[];
  /** No freeze is longer, and nothing else lasts longer than half of it. */
  longestFreezeMs: number;
};

export function planFault(random: Random, { processes, longestFreezeMs }: FaultPlanOptions): Fault {
  const kind = drawKind(random);
  const longest = longestFreezeMs / 1_000;
  const lastsMs = seconds(random, longest / 20, longest / 2);
  const freezeMs = seconds(random, longest / 4, longest);
  switch (kind) {
    case 'kill':
      return signalled(kind, oneOf(random, processes), 'SIGKILL');
    case 'restart':
      return signalled(kind, oneOf(random, processes), 'SIGTERM');
    case 'freeze':
      return frozen(oneOf(random, processes), freezeMs);
    case 'kill redis':
      return { kind, name: kind, lastsMs: 0, strike: async ({ redis }) => redis.kill().then(() => null) };
    case 'freeze redis':
      return frozenRedis(freezeMs);
    case 'flush redis':
      return { kind, name: kind, lastsMs: 0, strike: async ({ redis }) => redis.flush().then(() => null) };
    case 'restore redis':
      return restored(random.fork());
    case 'cut':
      return linked(kind, oneOf(random, linkNames), { kind: 'cut' }, lastsMs);
    case 'silence':
      return linked(kind, oneOf(random, linkNames), { kind: 'silent' }, lastsMs);
    case 'delay':
      return linked(kind, oneOf(random, linkNames), { kind: 'slow', delayMs: 20 + random.below(480) }, lastsMs);
    case 'outage':
      return exchange(kind, { outage: true }, lastsMs);
    case 'hang':
      return exchange(kind, { hang: true }, lastsMs);
    case 'lost answers':
      return exchange(kind, { lose_answer_rate: 0.3 + random.below(8) / 10 }, lastsMs);
    case 'failing':
      return exchange(kind, { failure_rate: 1 }, lastsMs);
    case 'slow exchange':
      return exchange(kind, { latency: { kind: 'uniform', min_ms: 1_000, max_ms: 6_000 } }, lastsMs);
  }
}

function drawKind(random: Random): FaultKind {
  let left = random.below(totalWeight);
  for (const kind of faultKinds) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  throw new Error('the weights do not add up');
}

const signalled = (kind: FaultKind, victim: string, signal: NodeJS.Signals): Fault => ({
  kind,
  name: `${kind} ${victim}`,
  lastsMs: 0,
  strike: async (system) => {
    system.signal(victim, signal);
    return null;
  },
});

const frozen = (victim: string, lastsMs: number): Fault => ({
  kind: 'freeze',
  name: `freeze ${victim} for ${inSeconds(lastsMs)}`,
  lastsMs,
  strike: async (system) => {
    const signalIt = system.signal(victim, 'SIGSTOP');
    return () => signalIt('SIGCONT');
  },
});

const frozenRedis = (lastsMs: number): Fault => ({
  kind: 'freeze redis',
  name: `freeze redis for ${inSeconds(lastsMs)}`,
  lastsMs,
  strike: async ({ redis }) => {
    redis.freeze();
    return redis.thaw;
  },
});

const restored = (random: Random): Fault => ({
  kind: 'restore redis',
  name: 'restore redis from an earlier copy',
  lastsMs: 0,
  strike: async ({ redis }) => {
    if (!(await redis.restore(random.below))) throw new Error('there is no copy yet');
    return null;
  },
});

const linked = (kind: FaultKind, name: LinkName, state: LinkState, lastsMs: number): Fault => ({
  kind,
  name: `${kind} ${name} for ${inSeconds(lastsMs)}${state.kind === 'slow' ? ` by ${state.delayMs} ms` : ''}`,
  lastsMs,
  strike: async (system) => {
    system.link(name).become(state);
    return () => system.link(name).become({ kind: 'whole' });
  },
});

const exchange = (kind: FaultKind, faults: object, lastsMs: number): Fault => ({
  kind,
  name: `exchange: ${JSON.stringify(faults)} for ${inSeconds(lastsMs)}`,
  lastsMs,
  strike: async (system) => {
    await system.setFaults(faults);
    return () => system.setFaults({});
  },
});

const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
