/** The exit code of sysexits.h for a command line that makes no sense. */
export const unusableArguments = 64;

/** Seeds are below this. */
export const seedEnd = 2 ** 32;

export const anySeed = (): number => 1 + Math.floor(Math.random() * (seedEnd - 1));

/** An option of the command line that must be a whole number above zero. Throws an error made for the user. */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < seedEnd) return number;
  throw new Error(`--${name} is to be a whole number from 1 to ${seedEnd - 1}, and not ${text}`);
}
