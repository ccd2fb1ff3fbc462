// What the tests of the project `containers` run on: an image for the event store of each test, and one Redis for all.
// Removes what earlier runs left, and what this one made, however it ends.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type {} from '../redis-url.ts';
import { containerImages } from './images.ts';
import type {} from './provided.ts';
import { startRedisContainer } from './redis.ts';
import { removeContainersOf, removeStaleContainers, thisRun } from './runs.ts';
import { findContainerRuntime } from './runtime.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const startedAtMs = performance.now();
  const images = containerImages();
  const runtime = await findContainerRuntime([images.eventStore, images.redis]);
  if (!runtime.available) throw new Error(`the tests of the project containers need containers: ${runtime.reason}`);
  // Read by testcontainers, here and in the processes of the tests, which get this environment.
  if (!runtime.reaper) process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  const { client } = runtime;
  await removeStaleContainers(client);

  const run = thisRun();
  const stopWatching = watch(run);
  const redis = await startRedisContainer({ run, image: images.redis });
  project.provide('redisUrl', redis.url);
  project.provide('containers', { eventStoreImage: images.eventStore, redisImage: images.redis, run });
  return async () => {
    await removeContainersOf(client, run);
    stopWatching();
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(0);
    project.vitest.logger.log(`on ${images.eventStore} and ${images.redis} for ${seconds} s`);
  };
}

/** A process of a group of its own, which Ctrl-C does not reach, and which notices that this one is gone. */
function watch(run: string): () => void {
  const watcher = spawn(process.execPath, [join(import.meta.dirname, 'watch.ts'), run], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  return () => {
    watcher.kill('SIGKILL');
  };
}
