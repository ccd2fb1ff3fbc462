const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** Such as `12 s` or `3 h`: rounded down to the largest unit of which there are at least two. */
export function formatAge(seconds: number): string {
  const [unit, size] = units.find(([, inSeconds]) => seconds >= 2 * inSeconds) ?? ['s', 1];
  return `${Math.floor(Math.max(0, seconds) / size)} ${unit}`;
}
