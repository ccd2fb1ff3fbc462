import { describe, expect, it } from 'vitest';
import { callEach } from './bounded-calls.ts';

describe('callEach', () => {
  it('calls for each item once, and never for more at a time than allowed', async () => {
    const called: number[] = [];
    let [running, most] = [0, 0];
    await callEach([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      called.push(item);
      running -= 1;
    });
    expect({ called: called.sort(), most }).toEqual({ called: [1, 2, 3, 4, 5, 6, 7], most: 3 });
  });

  it('begins nothing more after a failure, and waits for what was begun', async () => {
    const ended: number[] = [];
    const slow = Promise.withResolvers<void>();
    const calling = callEach([1, 2, 3, 4], 2, async (item) => {
      if (item === 2) throw new Error('the second failed');
      await slow.promise;
      ended.push(item);
    });
    slow.resolve();
    await expect(calling).rejects.toThrow('the second failed');
    expect(ended).toEqual([1]);
  });
});
