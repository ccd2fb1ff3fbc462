import { describe, expect, it } from 'vitest';
import { createCheckpoints } from './checkpoints.ts';

const everyThree = { matches: () => true, checkpointInterval: 3 };

describe('while events pass', () => {
  it('one is due after as many events as the interval, matching or not', () => {
    const checkpoints = createCheckpoints(everyThree, undefined);
    const due = [10, 20, 30, 40, 50, 60, 70].map((position) => checkpoints.afterEvent(position, position === 20));
    expect(due).toEqual([undefined, undefined, 30, undefined, undefined, 60, undefined]);
  });
});

describe('at the end of history', () => {
  it('the last event that matched is reported', () => {
    const checkpoints = createCheckpoints(everyThree, 0);
    checkpoints.afterEvent(10, true);
    checkpoints.afterEvent(20, false);
    expect(checkpoints.atEndOfHistory()).toBe(10);
  });

  it('nothing is reported from the start when nothing matched', () => {
    const checkpoints = createCheckpoints(everyThree, 0);
    checkpoints.afterEvent(10, false);
    expect(checkpoints.atEndOfHistory()).toBeUndefined();
  });

  it('the given start is reported when nothing after it matched', () => {
    expect(createCheckpoints(everyThree, 11).atEndOfHistory()).toBe(10);
  });

  it('nothing is reported without history', () => {
    expect(createCheckpoints(everyThree, undefined).atEndOfHistory()).toBeUndefined();
  });

  it('a position that was reported already is not repeated', () => {
    const checkpoints = createCheckpoints(everyThree, 0);
    for (const position of [10, 20, 30]) checkpoints.afterEvent(position, true);
    expect(checkpoints.atEndOfHistory()).toBeUndefined();
  });

  it('the count starts anew', () => {
    const checkpoints = createCheckpoints(everyThree, 0);
    checkpoints.afterEvent(10, true);
    checkpoints.atEndOfHistory();
    expect([20, 30, 40].map((position) => checkpoints.afterEvent(position, true))).toEqual([undefined, undefined, 40]);
  });
});
