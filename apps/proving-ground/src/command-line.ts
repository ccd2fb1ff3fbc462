/** The exit code of sysexits.h for a command line that makes no sense. */
const unusableArguments = 64;

/** Seeds are below this. */
export const seedEnd = 2 ** 32;

export const anySeed = (): number => 1 + Math.floor(Math.random() * (seedEnd - 1));

/** An option of the command line that must be a whole number above zero. Throws an error made for the user. */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < seedEnd) return number;
  throw new Error(`--${name} is to be a whole number from 1 to ${seedEnd - 1}, and not ${text}`);
}

/** What `read` makes of the command line; `undefined` when there is nothing to do but to show how it is used. */
export function readOptions<Options extends { help: boolean }>(
  read: () => Options,
  usage: string,
): Options | undefined {
  try {
    const options = read();
    if (!options.help) return options;
    process.stdout.write(usage);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = unusableArguments;
  }
  return undefined;
}
