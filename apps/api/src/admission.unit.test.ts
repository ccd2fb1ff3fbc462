import { describe, expect, it } from 'vitest';
import { orderAdmission } from './admission.ts';

const limits = { waitMs: 500, loopDelayMs: 200, appendsMax: 2_000 };

/** An admission whose clock, event loop and chance the test holds. */
function admissionUnderTest() {
  const world = { nowMs: 10_000, loopDelayMs: 0, random: 0.5 };
  const { refusal, appendBegan, appendSettled } = orderAdmission(limits, {
    nowMs: () => world.nowMs,
    loopDelayMs: () => world.loopDelayMs,
    random: () => world.random,
  });
  const times = (count: number, act: () => void) => {
    for (let done = 0; done < count; done += 1) act();
  };
  const begin = (count: number) => times(count, appendBegan);
  const settle = (count: number) => times(count, appendSettled);
  return {
    world,
    refusal,
    begin,
    settle,
    /** `count` more appends come, and as many are settled, evenly in `ms`. */
    pass(ms: number, count: number) {
      for (let step = 0; step < ms; step += 10) {
        world.nowMs += 10;
        const due = Math.round((count * (step + 10)) / ms) - Math.round((count * step) / ms);
        begin(due);
        settle(due);
      }
    },
    /** The share of orders that are refused, to the hundredth. */
    refusedShare() {
      const before = world.random;
      let refused = 0;
      for (let hundredth = 0; hundredth < 100; hundredth += 1) {
        world.random = hundredth / 100;
        if (refusal() !== null) refused += 1;
      }
      world.random = before;
      return refused / 100;
    },
  };
}

describe('an order is taken', () => {
  it('while nothing is known, up to the most appends', () => {
    const { refusal, begin } = admissionUnderTest();
    begin(1_999);
    expect(refusal()).toBeNull();
    begin(1);
    expect(refusal()).toBe('appends_max');
  });

  it('by an event store that is asked little, whatever its rate', () => {
    const { refusal, begin, pass } = admissionUnderTest();
    begin(60);
    pass(2_000, 1);
    expect(refusal()).toBeNull();
  });

  it('when many wait, and the event store is fast', () => {
    const { refusedShare, begin, pass } = admissionUnderTest();
    begin(500);
    pass(2_000, 8_000);
    expect(refusedShare()).toBe(0);
  });

  it('in a crowd that comes all at once after a quiet time', () => {
    const { refusedShare, begin, pass } = admissionUnderTest();
    pass(2_000, 2);
    begin(1_000);
    pass(150, 0);
    expect(refusedShare()).toBe(0);
  });

  it('during a pause of the event store that is shorter than the wait that counts as too long', () => {
    const { refusedShare, begin, pass } = admissionUnderTest();
    pass(2_000, 4_000);
    begin(300);
    pass(250, 0);
    expect(refusedShare()).toBe(0);
  });
});

describe('an order is refused', () => {
  it('when the appends before it would take longer than the limit at the rate of the last second', () => {
    const { refusal, begin, pass } = admissionUnderTest();
    begin(600);
    pass(2_000, 2_000);
    expect(refusal()).toBe('append_wait');
  });

  it('the likelier the longer it would wait, from half of the limit', () => {
    const { refusedShare, begin, settle, pass } = admissionUnderTest();
    begin(250);
    pass(2_000, 2_000);
    expect(refusedShare()).toBeLessThan(0.05);
    begin(125);
    expect(refusedShare()).toBeGreaterThan(0.4);
    expect(refusedShare()).toBeLessThan(0.6);
    begin(125);
    expect(refusedShare()).toBeGreaterThan(0.9);
    settle(300);
    expect(refusedShare()).toBe(0);
  });

  it('by what was settled since the rush began, when more is settled than ever before', () => {
    const { refusedShare, begin, pass } = admissionUnderTest();
    pass(2_000, 100);
    begin(800);
    pass(300, 1_500);
    expect(refusedShare()).toBe(0);
    pass(2_000, 2_000);
    expect(refusedShare()).toBe(1);
  });

  it('when the event loop is late, the likelier the later', () => {
    const { world, refusal, refusedShare } = admissionUnderTest();
    world.loopDelayMs = 100;
    expect(refusedShare()).toBe(0);
    world.loopDelayMs = 150;
    expect(refusedShare()).toBeCloseTo(0.5);
    world.loopDelayMs = 200;
    expect(refusedShare()).toBe(1);
    expect(refusal()).toBe('event_loop_delay');
  });
});

describe('while the event store answers nothing', () => {
  it('some orders are still let through, so that its return is noticed', () => {
    const { refusal, begin, pass } = admissionUnderTest();
    begin(63);
    pass(60_000, 0);
    expect(refusal()).toBeNull();
    begin(1);
    pass(1_000, 0);
    expect(refusal()).toBe('append_wait');
  });

  it('and as soon as it answers again, orders are taken as before', () => {
    const { refusal, refusedShare, begin, settle, pass } = admissionUnderTest();
    begin(64);
    pass(60_000, 0);
    expect(refusal()).toBe('append_wait');
    settle(1);
    expect(refusal()).toBeNull();
    begin(1);
    pass(1_000, 1_000);
    expect(refusedShare()).toBe(0);
  });
});
