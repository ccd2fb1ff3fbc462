// Whether a second read model has room beside the live one. A Redis that ran out of memory would refuse the commits of
// the projector too, and jobs: better to find out before.
import type { Keyspace } from '@orders/read-model/keys';
import type { Redis } from 'ioredis';
import { askRedis, NotDoneError } from '../verify/live-model.ts';

const sampleSize = 20;
// The id of an order in four indexes or five, as Redis keeps large ones: measured as 440 bytes, and some to spare.
const entriesBytes = 600;

/** Throws {@link NotDoneError} when Redis has a limit that the second one would exceed. `live`: the keys of that. */
export async function checkMemory(redis: Redis, live: Keyspace): Promise<void> {
  const info = await askRedis(() => redis.info('memory'));
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const [limit, used] = [field('maxmemory'), field('used_memory')];
  if (limit === 0) return;
  const orders = await askRedis(() => redis.zcard(live.allOrders));
  const needed = orders * ((await viewBytes(redis, live)) + entriesBytes);
  if (used + needed <= limit) return;
  const missing = `${megabytes(used + needed - limit)} more than its limit of ${megabytes(limit)}`;
  throw new NotDoneError(`a second read model beside the live one would take Redis to about ${missing}`);
}

/** With its key; of the youngest orders, on average. */
async function viewBytes(redis: Redis, live: Keyspace): Promise<number> {
  const ids = await askRedis(() => redis.zrange(live.allOrders, String(-sampleSize), '-1'));
  const sizes = await askRedis(() => Promise.all(ids.map((id) => redis.memory('USAGE', live.view(id)))));
  return sizes.map(Number).reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length);
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_048_576).toLocaleString('en-US')} MB`;
