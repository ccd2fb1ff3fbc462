/** Chance that repeats itself: the same seed, the same sequence. */
export type Random = {
  /** A whole number from 0 up to, and without, `end`. */
  below: (end: number) => number;
  chance: (probability: number) => boolean;
  /** A sequence of its own, for someone who draws at another pace. */
  fork: () => Random;
};

/** Mulberry32: small, and good enough to choose instants and sizes. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(uniform() * end);
  return {
    below,
    chance: (probability) => uniform() < probability,
    fork: () => seededRandom(below(2 ** 32)),
  };
}
