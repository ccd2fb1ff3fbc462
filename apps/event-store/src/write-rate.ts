// How many appends a second there were lately: a count for each of the last seconds.

export type WriteRate = Readonly<{
  count: (writes: number) => void;
  perSecond: () => number;
}>;

const seconds = 10;

/** `now` is in milliseconds, and never goes back. */
export function createWriteRate(now: () => number): WriteRate {
  const counts = new Array<number>(seconds).fill(0);
  let current = Math.floor(now() / 1_000);

  function advance(): void {
    const second = Math.floor(now() / 1_000);
    const passed = Math.min(second - current, seconds);
    for (let ago = 0; ago < passed; ago += 1) counts[(second - ago) % seconds] = 0;
    current = second;
  }

  return {
    count(writes) {
      advance();
      counts[current % seconds] = (counts[current % seconds] ?? 0) + writes;
    },
    perSecond() {
      advance();
      return counts.reduce((sum, count) => sum + count, 0) / seconds;
    },
  };
}
