import { describe, expect, it, vi } from 'vitest';
import { periodically } from './periodically.ts';

describe('periodically', () => {
  it('goes on after a task that failed, and tells of it', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const stop = periodically(
      1,
      () => {
        runs += 1;
        if (runs === 1) throw new Error('once');
      },
      (error) => errors.push(error),
    );
    await vi.waitFor(() => expect(runs).toBeGreaterThan(3), { timeout: 30_000 });
    stop();
    expect(errors).toMatchObject([{ message: 'once' }]);
  });

  it('never runs a task twice at once, and not at all after its stop', async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const stop = periodically(
      1,
      () => {
        runs += 1;
        return gate.promise;
      },
      () => undefined,
    );
    await vi.waitFor(() => expect(runs).toBe(1), { timeout: 30_000 });
    stop();
    gate.resolve();
    await gate.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(runs).toBe(1);
  });
});
