import { defineConfig } from 'vitest/config';

// Generous ends: nothing in the suites depends on how busy the machine is.
const generous = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
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
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
