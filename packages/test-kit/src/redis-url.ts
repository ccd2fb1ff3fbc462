import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** The Redis of this test run: {@link file://./redis-setup.ts} starts it. */
export const testRedisUrl = (): string => inject('redisUrl');
