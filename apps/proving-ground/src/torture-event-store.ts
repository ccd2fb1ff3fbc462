// The long form of the durability test of the embedded event store, for a change of how it writes to the disk.
import { parseArgs } from 'node:util';
import { anySeed, readOptions, wholeNumber } from './command-line.ts';
import { summarize, tortureEventStore } from './event-store-torture.ts';

const usage = `Kills the embedded event store while it is written to, and audits what it still knows.

  --kills N   how often (default 200)
  --seed S    decides the moments and the sizes (default: by chance)
  --help      this text

Fails when the event store breaks its promise, and then keeps its data folder.
`;

const violationsShownMax = 20;
const write = (line: string) => process.stdout.write(`${line}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(anySeed()) },
      help: { type: 'boolean', default: false },
    },
  });
  return { kills: wholeNumber('kills', values.kills), seed: wholeNumber('seed', values.seed), help: values.help };
}

async function torture({ kills, seed }: { kills: number; seed: number }): Promise<void> {
  write(`seed ${seed}`);
  const started = performance.now();
  const verdict = await tortureEventStore({ kills, seed, log: write });
  for (const { rule, expected, found } of verdict.violations.slice(0, violationsShownMax)) {
    write(`VIOLATION: ${rule}\n  expected ${expected}\n  found    ${found}`);
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  const isKept = verdict.violations.length === 0;
  const kept = isKept ? '' : `, data folder kept: ${verdict.dataFolder}`;
  write(`${isKept ? 'KEPT' : 'BROKEN'} in ${seconds} s, seed ${seed}: ${summarize(verdict)}${kept}`);
  if (!isKept) process.exitCode = 1;
}

const options = readOptions(readArguments, usage);
if (options !== undefined) await torture(options);
