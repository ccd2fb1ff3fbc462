import { type Point, points } from './points.ts';

/** How many orders ended badly around one death. */
export type CellOutcome = { lost: number; duplicated: number; stuck: number };

const opening = `# The crash matrix

A process of the gateway is killed with SIGKILL exactly before, and exactly after, each step that makes something
durable, while orders are posted: half of them once, half of them under an \`Idempotency-Key\` until they are answered
201. Until the process has died, the exchange fails three calls in ten. The process is started again, and once no order
is open any more, everything that was acknowledged, that is stored and that stands in the ledger of the exchange is held
against each other. The sweeper is switched off, except where it is itself the one that is killed: nothing here is healed by it.

- **lost**: acknowledged and not stored, or submitted and not in the ledger.
- **duplicated**: more than one entry in the ledger, more than one exchange order id in the stream, or a stream and a
  ledger that disagree about the exchange order id.
- **stuck**: not submitted or failed in the end.

What this does not show is a power failure: a process that dies takes nothing with it that the kernel has. For that the
event store answers only after \`fdatasync\`.

This file is written by \`vitest run --project e2e e2e/crash-matrix -u\`, and every run compares it with what it saw.
`;

const columns = [
  'process',
  'step',
  'killed',
  'what is durable then',
  'what happens next',
  'lost',
  'duplicated',
  'stuck',
];

export function renderMatrix(outcomes: ReadonlyMap<Point, CellOutcome>): string {
  const rows = points.map(({ point, step, side, durable, next }) => {
    const [process = '', name = ''] = step.split('.');
    const outcome = outcomes.get(point);
    const counts = [outcome?.lost, outcome?.duplicated, outcome?.stuck].map((count) => String(count ?? 'not run'));
    return [process, name, side, durable, next, ...counts];
  });
  const lines = [
    columns,
    columns.map((name) => (['lost', 'duplicated', 'stuck'].includes(name) ? '--:' : '---')),
    ...rows,
  ];
  return `${opening}\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
