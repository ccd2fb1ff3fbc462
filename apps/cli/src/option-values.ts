import { InvalidArgumentError, Option } from 'commander';

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 86_400))
    throw new InvalidArgumentError('It is no time in seconds.');
  return value;
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is no whole number above 0.');
  return Number(text);
}

/** Some of the choices, one after the other or with commas in between; all that is given adds up. */
export function choiceOption<Choice extends string>(
  flags: string,
  meaning: string,
  choices: readonly Choice[],
): Option {
  const parse = (text: string, before: ReadonlySet<Choice> = new Set()): ReadonlySet<Choice> => {
    const given = text.split(',').map((part) => part.trim());
    const known = given.map((one) => choices.find((choice) => choice.toLowerCase() === one.toLowerCase()));
    const unknown = given.filter((_one, index) => known[index] === undefined);
    if (unknown.length > 0) throw new InvalidArgumentError(`There is ${choices.join(', ')}.`);
    return new Set([...before, ...known.filter((one) => one !== undefined)]);
  };
  // The choices are for the help and for the completion: by themselves they would allow one value only.
  return new Option(flags, meaning).choices(choices).argParser(parse);
}

/** As the terms of an order have it: 12 characters. */
export function instruments(text: string, before: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  const given = text.split(',').map((part) => part.trim());
  if (given.some((one) => one.length !== 12)) throw new InvalidArgumentError('An instrument has 12 characters.');
  return new Set([...before, ...given]);
}
