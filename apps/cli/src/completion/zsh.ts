// Made of what zsh's own completion functions take, so that it looks like that of every other command.
import type { CommandWords, OptionWords, Values } from './command-words.ts';

/** Works when it is sourced, and as a file `_orders` in a folder of `fpath`. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef orders
# zsh completion for orders. To have it: source <(orders completion zsh), after compinit
_orders() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _orders ]]; then _orders "$@"; else compdef _orders orders; fi
`;
}

function commandCase({ name, options, arguments: places }: CommandWords): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...places.map((place, index) => `${index + 1}:${plain(place.name)}:${action(place.values)}`),
  ];
  return `    ${name})\n      _arguments \\\n${specs.map((spec) => `        ${quoted(spec)}`).join(' \\\n')} ;;`;
}

const optionSpecs = ({ names, meaning, values }: OptionWords): string[] =>
  names.map((name) => {
    const about = `[${plain(meaning)}]`;
    if (values === null) return `${name}${about}`;
    return `*${name}${name.startsWith('--') ? '=' : ''}${about}:value:${action(values)}`;
  });

function action(values: Values): string {
  switch (values.kind) {
    case 'free':
      return ' ';
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'list':
      return `_values -s , value ${values.words.join(' ')}`;
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
  }
}

/** Without what separates the parts of a specification. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, (sign) => `\\${sign}`);

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
