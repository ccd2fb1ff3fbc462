// Holds calls back from an exchange that is out of order, so that an outage uses up nobody's attempts: while the
// circuit is open no submission is even begun, and a few probes find out when it is over. Then calls are let through
// few at first and twice as many every moment: what has just come up is not to be brought down by all who waited.
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhenResult,
  type IBreaker,
  SamplingBreaker,
} from 'cockatiel';
import pLimit from 'p-limit';
import type { ExchangeGuard, GuardedOutcome } from './place-order.ts';

export type BreakerLimits = {
  /** Share of calls in ten seconds that place nothing, or end unknown, at which the exchange counts as out of order. */
  threshold: number;
  firstPauseMs: number;
  longestPauseMs: number;
  /** After an outage, how often the number of calls under way may double. */
  doublingMs: number;
};

export const breakerLimits: BreakerLimits = {
  threshold: 0.6,
  firstPauseMs: 1_000,
  longestPauseMs: 15_000,
  doublingMs: 500,
};

const sampledMs = 10_000;
// Below this many calls a second a bad share is bad luck: the exchange fails one in ten on a good day.
const minimumCallsPerSecond = 1;
// A few open orders make few calls, and yet must not use up their attempts overnight.
const failuresInARowMax = 10;
const probes = { calls: 3, threshold: 0.5 };
const callsAfterOutage = 4;
// More than any worker has under way.
const callsMax = 1_024;

/** `onChange` is told whenever calls begin to be held back, or are let through again. */
export function exchangeBreaker(limits: BreakerLimits, onChange: (open: boolean) => void): ExchangeGuard {
  const { threshold, firstPauseMs: initialDelay, longestPauseMs: maxDelay } = limits;
  const policy = circuitBreaker(handleWhenResult(isFailure), {
    breaker: either(
      new SamplingBreaker({ threshold, duration: sampledMs, minimumRps: minimumCallsPerSecond }),
      new ConsecutiveBreaker(failuresInARowMax),
    ),
    // Spread by chance, so that several workers do not probe in step.
    halfOpenAfter: new ExponentialBackoff({ initialDelay, maxDelay }),
    halfOpenSampling: probes,
  });
  const slots = pLimit(callsMax);
  let doubling: NodeJS.Timeout | undefined;
  let holdsBack = false;

  function widen() {
    slots.concurrency = Math.min(callsMax, slots.concurrency * 2);
    if (slots.concurrency < callsMax) doubling = setTimeout(widen, limits.doublingMs).unref();
  }

  policy.onStateChange((state) => {
    // While probes are under way all other calls still wait: only a closed circuit is good news.
    const holdsBackNow = state !== CircuitState.Closed;
    if (holdsBackNow === holdsBack) return;
    holdsBack = holdsBackNow;
    clearTimeout(doubling);
    slots.concurrency = callsAfterOutage;
    if (!holdsBack) doubling = setTimeout(widen, limits.doublingMs).unref();
    onChange(holdsBack);
  });

  return (step) =>
    slots(async () => {
      let outOfOrder = false;
      try {
        const outcome = await policy.execute(() => {
          outOfOrder = policy.state !== CircuitState.Closed;
          return step(outOfOrder);
        });
        return { called: true, outcome, duringOutage: outOfOrder || policy.state !== CircuitState.Closed };
      } catch (error) {
        if (error instanceof BrokenCircuitError) return { called: false };
        throw error;
      }
    });
}

const either = (first: IBreaker, second: IBreaker): IBreaker => ({
  state: null,
  success: (state) => {
    first.success(state);
    second.success(state);
  },
  failure: (state) => {
    const breaks = [first.failure(state), second.failure(state)];
    return breaks.includes(true);
  },
});

const failures: readonly GuardedOutcome['kind'][] = ['not_placed', 'unknown', 'unreachable'];

const isFailure = (result: unknown): boolean => failures.includes((result as GuardedOutcome).kind);
