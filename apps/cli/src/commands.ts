// All commands, as the help groups them. A command is loaded when it is asked for: each one brings clients and
// libraries of its own, and those of all of them together take longer to load than most commands take.
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

type AddCommand = (program: Command, context: CommandContext) => void;
type Entry = {
  load: () => Promise<AddCommand>;
  /** What somebody who meets it for the first time might type. */
  example: string;
};

const id = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';

const groups: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Look at orders:': {
    show: { load: async () => (await import('./show/show-command.ts')).addShowCommand, example: `show ${id}` },
    at: { load: async () => (await import('./show/at-command.ts')).addAtCommand, example: `at ${id} --time 2h` },
    diff: { load: async () => (await import('./show/diff-command.ts')).addDiffCommand, example: `diff ${id} 2h now` },
    tail: {
      load: async () => (await import('./tail/tail-command.ts')).addTailCommand,
      example: 'tail --from 1h --status failed,in_doubt',
    },
    query: {
      load: async () => (await import('./query/query-command.ts')).addQueryCommand,
      example: "query 'SELECT status, count(*) FROM orders GROUP BY status'",
    },
    report: {
      load: async () => (await import('./report/report-command.ts')).addReportCommand,
      example: 'report --html report.html',
    },
    export: {
      load: async () => (await import('./export/export-command.ts')).addExportCommand,
      example: 'export --to parquet --out ./export',
    },
  },
  'Operate the gateway:': {
    'in-doubt': { load: async () => (await import('./in-doubt-command.ts')).addInDoubtCommand, example: 'in-doubt' },
    redrive: {
      load: async () => (await import('./redrive/redrive-command.ts')).addRedriveCommand,
      example: 'redrive --status failed --dry-run',
    },
    rebuild: { load: async () => (await import('./rebuild/rebuild-command.ts')).addRebuildCommand, example: 'rebuild' },
  },
  'Prove that every promise was kept:': {
    audit: {
      load: async () => (await import('./audit/audit-command.ts')).addAuditCommand,
      example: 'audit --acknowledged answers.ndjson',
    },
    verify: { load: async () => (await import('./verify/verify-command.ts')).addVerifyCommand, example: 'verify' },
  },
  'Type less:': {
    completion: {
      load: async () => (await import('./completion/completion-command.ts')).addCompletionCommand,
      example: 'completion bash',
    },
  },
};

/** Those that `name` needs: itself, and all where the help, the completion or a wrong name is about all of them. */
export async function addCommands(program: Command, context: CommandContext, name: string | undefined): Promise<void> {
  for (const [title, group] of Object.entries(groups)) {
    const needed = Object.entries(group).filter(([own]) => own === name);
    const entries = isOne(name) ? needed : Object.entries(group);
    for (const [own, { load }] of entries) {
      (await load())(program, context);
      program.commands.find((command) => command.name() === own)?.helpGroup(title);
    }
  }
}

// The completion is about all of them.
const isOne = (name: string | undefined): boolean =>
  name !== undefined && name !== 'completion' && Object.values(groups).some((group) => Object.hasOwn(group, name));

export const firstExamples = (): string =>
  Object.values(groups)
    .flatMap((group) => Object.values(group))
    .map(({ example }) => `  $ orders ${example}\n`)
    .join('');
