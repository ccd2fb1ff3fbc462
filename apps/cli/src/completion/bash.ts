// Works in bash 3.2 and later, without the package bash-completion. What is typed is only ever compared: nothing of
// it is expanded, so that pressing Tab runs nothing.
import type { CommandWords, Values } from './command-words.ts';

export function bashCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion for orders. To have it: source <(orders completion bash)
_orders() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} head=
  local words= options= kind=words
  COMPREPLY=()
  # Bash takes --option=value for three words.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${[...names, '--help'].join(' ')}' -- "$cur"))
    return
  fi
  case $command in
${commands.map(optionsCase).join('\n')}
  esac
  case "$command $prev" in
${commands.flatMap(valuesCases).join('\n')}
    *)
      if [[ $cur == -* || -z $words ]]; then words=$options; fi ;;
  esac
  case $kind in
    files|folders)
      # Names may have spaces in them.
      local IFS=$'\\n' action=-f
      if [[ $kind == folders ]]; then action=-d; fi
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen $action -- "$cur"))
      return ;;
    list)
      if [[ $cur == *,* ]]; then head=\${cur%,*},; cur=\${cur##*,}; fi
      COMPREPLY=($(compgen -P "$head" -W "$words" -- "$cur"))
      return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _orders orders
`;
}

function optionsCase({ name, options, arguments: places }: CommandWords): string {
  const names = options.flatMap((option) => option.names);
  const words = places.flatMap(({ values }) => ('words' in values ? values.words : []));
  return `    ${name}) options='${names.join(' ')}' words='${words.join(' ')}' ;;`;
}

function valuesCases({ name, options }: CommandWords): string[] {
  return options.flatMap(({ names, values }) =>
    values === null ? [] : [`    ${names.map((option) => `'${name} ${option}'`).join('|')}) ${assignments(values)} ;;`],
  );
}

const assignments = (values: Values): string =>
  `kind=${values.kind} words='${'words' in values ? values.words.join(' ') : ''}'`;
