// How late the event loop is: the part of a wait that a new order spends before any code of ours has seen it.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const sampleEveryMs = 100;
const resolutionMs = 10;
const nanosecondsPerMs = 1e6;

/**
 * The mean over a tenth of a second, in milliseconds: the lower one of the last two, because a single pause is no load.
 * Keeps no process alive.
 */
export function measureEventLoopDelay(): { delayMs: () => number; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let previousMs = 0;
  let lastMs = 0;
  const timer = setInterval(() => {
    previousMs = lastMs;
    // Without a single sample there was no delay to speak of.
    lastMs = histogram.count === 0 ? 0 : Math.max(0, histogram.mean / nanosecondsPerMs - resolutionMs);
    histogram.reset();
  }, sampleEveryMs).unref();
  return {
    delayMs: () => Math.min(previousMs, lastMs),
    stop() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
