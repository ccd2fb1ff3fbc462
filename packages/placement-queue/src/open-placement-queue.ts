import { CannotStartError } from '@orders/lifecycle/run-service';
import { reportErrors } from '@orders/redis/connection-profiles';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type PlacementJob, placementQueueName, placementQueueOptions } from './placement-queue.ts';

type OpenOptions = {
  redis: Redis;
  /** Of every key of the queue: {@link keyPrefix}. */
  prefix: string;
  log: { warn: (details: object, message: string) => void };
  onStop: (name: string, step: () => unknown) => void;
};

/** The queue of a process, closed with it, over a connection that is closed with the process too. */
export function openPlacementQueue({ redis, prefix, log, onStop }: OpenOptions): Queue<PlacementJob> {
  const queue = new Queue<PlacementJob>(placementQueueName, { ...placementQueueOptions(prefix), connection: redis });
  reportErrors(queue, (err) => log.warn({ err }, 'queue'));
  // BullMQ remembers a first contact that failed for ever: only a new process makes another one.
  void queue.waitUntilReady().catch((err: Error) => {
    throw new CannotStartError(`the first contact with Redis failed, and this process makes no other: ${err.message}`);
  });
  onStop('queue', () => queue.close());
  return queue;
}
