/** Rings that nobody waited for are kept, as one. For one waiter at a time. */
export type Bell = { ring: () => void; rung: () => Promise<void> };

export function createBell(): Bell {
  let bell = Promise.withResolvers<void>();
  return {
    ring: () => bell.resolve(),
    async rung() {
      await bell.promise;
      bell = Promise.withResolvers();
    },
  };
}
