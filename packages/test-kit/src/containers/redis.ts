// Redis in a container, set as in production: what was acknowledged survives a kill, and nothing is evicted.
import { type ContainerProcess, startContainer } from './process.ts';

const command = ['redis-server', '--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];

export type RedisContainer = ContainerProcess & { url: string };

export async function startRedisContainer(options: { run: string; image: string }): Promise<RedisContainer> {
  const container = await startContainer({ ...options, port: 6379, command, ready: { line: /Ready to accept/ } });
  return { ...container, url: `redis://${container.host}:${container.port}` };
}
