// Keeps one worker from fetching jobs while it holds calls back from the exchange. Its own affair: a pause of the whole
// queue would let a single worker that cannot reach the exchange hold up all those that can.
import type { Worker } from 'bullmq';

type Pausable = Pick<Worker, 'pause' | 'resume'>;

const shortestMs = 500;
const longestMs = 1_500;

/** Each call begins a pause of about a second, unless one is under way. */
export function fetchPause(worker: () => Pausable, random: () => number = Math.random): () => Promise<void> {
  let isPaused = false;
  return async () => {
    if (isPaused) return;
    isPaused = true;
    const resume = () => {
      isPaused = false;
      void worker().resume();
    };
    setTimeout(resume, shortestMs + random() * (longestMs - shortestMs)).unref();
    // What has been fetched is worked on, and comes back to the queue on its own.
    await worker().pause(true);
  };
}
