// Holds calls back from an exchange that is out of order, so that an outage uses up nobody's attempts: while the
// circuit is open no submission is even begun, and a few probes find out when it is over.
import type { PlacementOutcome } from '@orders/stock-exchange/exchange';
import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleWhenResult,
  SamplingBreaker,
} from 'cockatiel';
import type { ExchangeGuard } from './place-order.ts';

export type BreakerLimits = {
  /** Share of calls in ten seconds that place nothing, or end unknown, at which the exchange counts as out of order. */
  threshold: number;
  firstPauseMs: number;
  longestPauseMs: number;
};

export const breakerLimits: BreakerLimits = { threshold: 0.6, firstPauseMs: 1_000, longestPauseMs: 15_000 };

const sampledMs = 10_000;
// Below this many calls a second a bad share is bad luck: the exchange fails one in ten on a good day.
const minimumCallsPerSecond = 1;
const probes = { calls: 3, threshold: 0.5 };

type StepResult = PlacementOutcome | 'not_called';

/** `onChange` is told whenever calls begin to be held back, or are let through again. */
export function exchangeBreaker(limits: BreakerLimits, onChange: (open: boolean) => void): ExchangeGuard {
  const { threshold, firstPauseMs: initialDelay, longestPauseMs: maxDelay } = limits;
  const policy = circuitBreaker(handleWhenResult(isFailure), {
    breaker: new SamplingBreaker({ threshold, duration: sampledMs, minimumRps: minimumCallsPerSecond }),
    halfOpenAfter: new ExponentialBackoff({ initialDelay, maxDelay }),
    halfOpenSampling: probes,
  });
  let holdsBack = false;
  policy.onStateChange((state) => {
    // While probes are under way all other calls still wait: only a closed circuit is good news.
    const holdsBackNow = state !== CircuitState.Closed;
    if (holdsBackNow !== holdsBack) onChange(holdsBackNow);
    holdsBack = holdsBackNow;
  });
  return async (step) => {
    try {
      return { called: true, outcome: await policy.execute(step) };
    } catch (error) {
      if (error instanceof BrokenCircuitError) return { called: false };
      throw error;
    }
  };
}

const isFailure = (result: unknown): boolean => {
  const outcome = result as StepResult;
  return outcome !== 'not_called' && (outcome.kind === 'not_placed' || outcome.kind === 'unknown');
};
