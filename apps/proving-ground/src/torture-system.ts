// Chaos for as long as one likes: every fault that can be made on one machine, and then the audit of the promise.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { summaryLine } from '@orders/cli/audit/audit-orders';
import { onInterruption } from '@orders/lifecycle/interruption';
import { killStartedProcesses } from '@orders/local-system/managed-process';
import { type ChaosVerdict, removeTraces, unleashChaos } from './chaos.ts';
import { anySeed, readOptions, wholeNumber } from './command-line.ts';

const usage = `Breaks the whole system in every way there is while orders are placed, mends it, and audits it.

  --minutes M            how long (default 10; a fraction is allowed)
  --seed S               decides the faults and the orders (default: by chance)
  --rate R               orders a second (default 20)
  --faults-per-minute F  on average (default 20)
  --longest-freeze L     seconds for which a process is held still at the most (default 40)
  --apis N --workers N   processes of each (default 2 and 3)
  --keep                 keep data and logs although nothing is wrong
  --help                 this text

  pnpm chaos --minutes 1.5 --seed 42

Fails when a promise was broken, and then keeps data and logs under .chaos, by seed.
`;

const findingsShownMax = 50;
const write = (line: string) => process.stdout.write(`${line}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(anySeed()) },
      rate: { type: 'string', default: '20' },
      'faults-per-minute': { type: 'string', default: '20' },
      'longest-freeze': { type: 'string', default: '40' },
      apis: { type: 'string', default: '2' },
      workers: { type: 'string', default: '3' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes is to be a number above 0, and not ${values.minutes}`);
  return {
    minutes,
    seed: wholeNumber('seed', values.seed),
    rate: wholeNumber('rate', values.rate),
    faultsPerMinute: wholeNumber('faults-per-minute', values['faults-per-minute']),
    longestFreezeMs: 1_000 * wholeNumber('longest-freeze', values['longest-freeze']),
    apis: wholeNumber('apis', values.apis),
    workers: wholeNumber('workers', values.workers),
    keep: values.keep,
    help: values.help,
  };
}

async function run({ keep, help: _help, ...chaos }: ReturnType<typeof readArguments>): Promise<void> {
  const { seed } = chaos;
  const folder = resolve(import.meta.dirname, '../../../.chaos', `seed-${seed}-${Date.now()}`);
  write(`seed ${seed}, data and logs in ${folder}`);
  onInterruption(killStartedProcesses);
  const pathVariable = process.env.PATH ?? '';
  const verdict = await unleashChaos({ ...chaos, folder, pathVariable, log: write });
  report(verdict, seed);
  if (verdict.kept && !keep) await removeTraces(folder);
  else write(`data and logs are kept in ${folder}`);
  if (!verdict.kept) process.exitCode = 1;
}

function report({ kept, faults, audit, answers, complaints }: ChaosVerdict, seed: number): void {
  for (const { kind, id, reason } of audit.findings.slice(0, findingsShownMax))
    write(`${kind.toUpperCase()} ${id}: ${reason}`);
  for (const complaint of complaints.slice(0, findingsShownMax)) write(`COMPLAINT ${complaint}`);
  const count = Object.values(faults).reduce((sum, one) => sum + one, 0);
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, times]) => `${times} ${name}`)
      .join(', ');
  write(`faults: ${list(faults)}`);
  write(`answers: ${list(answers)}`);
  write(`${kept ? 'KEPT' : 'BROKEN'}, seed ${seed}, ${count} faults: ${summaryLine(audit)}`);
}

const options = readOptions(readArguments, usage);
if (options !== undefined) await run(options);
