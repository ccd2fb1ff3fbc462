import type { CommandWords, Values } from './command-words.ts';

export function fishCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => [
    'complete -c orders -n __fish_use_subcommand',
    `-a ${name} -d ${quoted(summary)}`,
  ]);
  const inside = commands.flatMap(({ name, options, arguments: places }) => {
    const here = `complete -c orders -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      ...options.map((option) => [
        here,
        ...option.names.map((one) => (one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`)),
        ...(option.values === null ? [] : [given(option.values)]),
        `-d ${quoted(option.meaning)}`,
      ]),
      ...places.flatMap(({ values }) => ('words' in values ? [[here, `-a ${quoted(values.words.join(' '))}`]] : [])),
    ];
  });
  const lines = [['complete -c orders -f'], ...names, ...inside].map((parts) => parts.join(' '));
  return `# fish completion for orders. To have it: orders completion fish | source\n${lines.join('\n')}\n`;
}

function given(values: Values): string {
  switch (values.kind) {
    case 'free':
      return '-x';
    case 'words':
      return `-x -a ${quoted(values.words.join(' '))}`;
    case 'list':
      return `-x -a ${quoted(`(__fish_append , ${values.words.join(' ')})`)}`;
    case 'files':
      return '-r -F';
    case 'folders':
      return `-x -a '(__fish_complete_directories)'`;
  }
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;
