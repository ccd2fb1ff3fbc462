// What can be typed after `orders`, read from the commands themselves, so that the completion knows what the help
// knows.
import type { Argument, Command, Option } from 'commander';

/** What can stand in one place. */
export type Values =
  | { kind: 'free' }
  | { kind: 'words'; words: readonly string[] }
  /** Some of the words, with commas in between. */
  | { kind: 'list'; words: readonly string[] }
  | { kind: 'files' }
  | { kind: 'folders' };

export type OptionWords = {
  /** As they are typed, with their dashes; the long one first. */
  names: readonly string[];
  meaning: string;
  /** `null` for a switch. */
  values: Values | null;
};

export type CommandWords = {
  name: string;
  summary: string;
  options: readonly OptionWords[];
  arguments: readonly { name: string; values: Values }[];
};

export function commandWords(program: Command): CommandWords[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: help.visibleOptions(command).map(optionWords),
    arguments: command.registeredArguments.map((argument) => ({ name: argument.name(), values: valuesOf(argument) })),
  }));
}

function optionWords(option: Option): OptionWords {
  const { long, short, description, required, optional } = option;
  const names = [long, short].filter((name) => name !== undefined && name !== null);
  return { names, meaning: description, values: required || optional ? valuesOf(option) : null };
}

/** The name of what is to be given, as the help shows it, says what it is when no choices do. */
function valuesOf(place: Option | Argument): Values {
  const name = 'flags' in place ? (/[<[](.+)[>\]]/.exec(place.flags)?.[1] ?? '') : place.name();
  const words = place.argChoices;
  if (words !== undefined) return { kind: name.endsWith(',...') ? 'list' : 'words', words };
  if (name === 'file') return { kind: 'files' };
  if (name === 'dir' || name === 'folder') return { kind: 'folders' };
  return name === 'place' ? { kind: 'words', words: ['start', 'now'] } : { kind: 'free' };
}
