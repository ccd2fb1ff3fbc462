import { inject } from 'vitest';

/** What the tests of the project `containers` run on; {@link file://./setup.ts} provides it. */
export type ProvidedContainers = {
  eventStoreImage: string;
  redisImage: string;
  /** The label of all containers of this run, so that they can be found and removed at its end. */
  run: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    containers: ProvidedContainers | undefined;
  }
}

/** Undefined in every other project: these tests run on what is embedded, or installed. */
export const providedContainers = (): ProvidedContainers | undefined => inject('containers');
