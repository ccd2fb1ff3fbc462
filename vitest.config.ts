import { defineConfig } from 'vitest/config';
import { containerSuites, notInContainers } from './packages/test-kit/src/containers/suites.ts';

// Generous ends: nothing in the suites depends on how busy the machine is.
const patient = { expect: { poll: { timeout: 30_000 } } };
const generous = { testTimeout: 60_000, hookTimeout: 60_000, ...patient };

export default defineConfig({
  test: {
    // Vitest would leave one core for itself; of two, that is half.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,packages}/*/src/**/*.unit.test.ts', 'e2e/**/*.unit.test.ts'],
          ...generous,
        },
      },
      {
        test: {
          name: 'int',
          include: ['{apps,packages}/*/test/**/*.int.test.ts', 'e2e/**/*.int.test.ts'],
          globalSetup: ['packages/test-kit/src/redis-setup.ts'],
          ...generous,
        },
      },
      {
        test: {
          name: 'containers',
          include: [
            ...containerSuites,
            'packages/test-kit/test/*.containers.test.ts',
            'e2e/containers/*.containers.test.ts',
          ],
          exclude: Object.keys(notInContainers),
          globalSetup: ['packages/test-kit/src/containers/setup.ts'],
          setupFiles: ['packages/test-kit/src/containers/log-setup.ts'],
          // Starting a node of EventStoreDB is waiting for the most part, and takes memory: neither one nor many at a time.
          maxWorkers: 2,
          // A test may start several nodes of EventStoreDB, which take seconds each.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          ...patient,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...patient,
        },
      },
    ],
  },
});
