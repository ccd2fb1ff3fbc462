// What shows that processes are at odds about the shards of the orders. A worker with another number of them than the
// projectors waits at queues that nobody fills; and the orders of a shard that nobody serves are accepted, and wait.
import { Gauge, type Registry } from 'prom-client';

export function exportShards(registry: Registry, served: readonly { shard: { index: number; of: number } }[]): void {
  const registers = [registry];
  const shards = new Gauge({
    name: 'orders_shards',
    help: 'Into how many shards this process cuts the orders.',
    registers,
  });
  const looksAfter = new Gauge({
    name: 'orders_shard_served',
    help: '1 for each shard of the orders that this process looks after.',
    labelNames: ['shard'] as const,
    registers,
  });
  for (const { shard } of served) {
    shards.set(shard.of);
    looksAfter.set({ shard: String(shard.index) }, 1);
  }
}
