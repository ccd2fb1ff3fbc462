// The promise of the product under everything at once: a short run of `pnpm chaos`, with a seed that meets every family
// of faults. A run that fails keeps its data and logs, and says where.
import { join, resolve } from 'node:path';
import { removeTraces, unleashChaos } from '@orders/proving-ground/chaos';
import { expect, it, onTestFailed } from 'vitest';

const seed = 20_261_122;
const folder = join(resolve(import.meta.dirname, '..'), '.chaos', `seed-${seed}-${process.pid}`);

it('is kept through a minute of chaos: nothing lost, nothing twice, nothing stuck', { timeout: 600_000 }, async () => {
  const timeline: string[] = [];
  onTestFailed(() => {
    process.stdout.write(`${timeline.join('\n')}\ndata and logs are in ${folder}\n`);
  });
  const { faults, audit, answers, complaints } = await unleashChaos({
    minutes: 1.1,
    seed,
    rate: 15,
    faultsPerMinute: 40,
    longestFreezeMs: 15_000,
    apis: 2,
    workers: 2,
    folder,
    pathVariable: process.env.PATH ?? '',
    log: (line) => timeline.push(line),
  });
  expect(audit.findings).toEqual([]);
  expect(audit).toMatchObject({ lost: 0, duplicated: 0, unexplained: 0, open: 0, in_doubt: 0 });
  expect(complaints).toEqual([]);
  // Or nothing was survived.
  const struck = Object.values(faults).reduce((sum, times) => sum + times, 0);
  expect(struck).toBeGreaterThanOrEqual(30);
  expect(Object.keys(faults).length).toBeGreaterThanOrEqual(10);
  expect(audit.acknowledged).toBeGreaterThan(100);
  expect(audit.placed).toBeGreaterThan(100);
  expect(answers['201']).toBeGreaterThanOrEqual(audit.acknowledged);
  await removeTraces(folder);
});
