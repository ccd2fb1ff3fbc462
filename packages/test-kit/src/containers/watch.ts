// Waits until the process that it was started by has ended, in whatever way, and removes the containers of its run.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

// A process of the tests may be about to start another one while the first ones are removed.
const quietRounds = 3;
const roundMs = 1_000;
const roundsMax = 120;

const run = process.argv[2] ?? '';
await once(process.stdin.resume(), 'close');

const { getContainerRuntimeClient } = await import('testcontainers');
const { removeContainersOf } = await import('./runs.ts');
const client = await getContainerRuntimeClient();
let quiet = 0;
for (let round = 0; round < roundsMax && quiet < quietRounds; round += 1) {
  quiet = (await removeContainersOf(client, run)) === 0 ? quiet + 1 : 0;
  await sleep(roundMs);
}
