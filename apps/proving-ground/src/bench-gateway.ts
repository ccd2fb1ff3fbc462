// The figures of the gateway with one command: each scenario beside its reference, in turns, in one run. No figure is
// shown, and none is kept, unless the audit found every promise of its run kept.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { onInterruption } from '@orders/lifecycle/interruption';
import { killStartedProcesses } from '@orders/local-system/managed-process';
import { accept } from './bench/accept.ts';
import { backlog } from './bench/backlog.ts';
import { removeBenchFolders } from './bench/bench-system.ts';
import { chartSvg } from './bench/chart.ts';
import { inFlight } from './bench/in-flight.ts';
import { isolation } from './bench/isolation.ts';
import { latency } from './bench/latency.ts';
import { describeMachine } from './bench/machine.ts';
import { pipeline } from './bench/pipeline.ts';
import { replay } from './bench/replay.ts';
import { reportJson } from './bench/report-json.ts';
import { tableLines } from './bench/report-table.ts';
import { scale } from './bench/scale.ts';
import type { Scenario } from './bench/scenario.ts';
import { tools } from './bench/tools.ts';
import { readOptions, wholeNumber } from './command-line.ts';

const scenarios: readonly Scenario[] = [accept, pipeline, latency, inFlight, isolation, backlog, replay, scale, tools];
const keys = scenarios.map(({ key }) => key);

const usage = `Measures the gateway, each figure beside its reference in the same run.

  --only LIST    some of ${keys.join(',')}
  --rounds N     how often each side is measured, in turns (default: as each scenario needs it)
  --scale S      1 (default): as long and as large as the goals ask for; less: that share of it, to try something out
  --profile DIR  every process leaves a .cpuprofile in there, in a folder for each scenario
  --out DIR      where figures and charts are written (default: docs/bench, and nowhere when --scale is not 1)
  --help         this text

  pnpm bench --only accept,pipeline --scale 0.1

Fails when an audit is not clean. A goal that is missed is a figure like others.
`;

const figuresFolder = resolve(import.meta.dirname, '../../../docs/bench');
const roundsUnlessTold = 3;
const write = (line: string) => process.stdout.write(`${line}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: keys.join(',') },
      rounds: { type: 'string' },
      scale: { type: 'string', default: '1' },
      profile: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',');
  const unknown = only.filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`);
  const share = Number(values.scale);
  if (!(share > 0)) throw new Error(`--scale is to be a number above 0, and not ${values.scale}`);
  return {
    chosen: scenarios.filter(({ key }) => only.includes(key)),
    rounds: values.rounds === undefined ? undefined : wholeNumber('rounds', values.rounds),
    scale: share,
    profile: values.profile,
    out: values.out ?? (share === 1 ? figuresFolder : undefined),
    help: values.help,
  };
}

type Arguments = ReturnType<typeof readArguments>;

async function measure(scenario: Scenario, options: Arguments): Promise<void> {
  const { profile, out } = options;
  const rounds = options.rounds ?? scenario.rounds ?? roundsUnlessTold;
  const profileFolder = profile === undefined ? undefined : resolve(profile, scenario.key);
  write(`${scenario.key}: ${scenario.title}`);
  const measuredAt = new Date();
  const report = await scenario.run({
    ...{ rounds, scale: options.scale, path: process.env.PATH },
    ...(profileFolder !== undefined && { profileFolder }),
    write: (line) => write(`  ${line}`),
  });
  write('');
  for (const line of tableLines(scenario.title, report)) write(line);
  if (out !== undefined) {
    const machine = await describeMachine(process.env.PATH);
    const facts = { machine, measuredAt, rounds, scale: options.scale };
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, `${scenario.key}.json`), reportJson(scenario, report, facts));
    writeFileSync(join(out, `${scenario.key}.svg`), chartSvg(scenario.title, report));
    write(`written to ${join(out, scenario.key)}.json and .svg`);
  }
  write('');
}

onInterruption(() => {
  killStartedProcesses();
  removeBenchFolders();
});
const options = readOptions(readArguments, usage);
for (const scenario of options?.chosen ?? []) {
  try {
    if (options !== undefined) await measure(scenario, options);
  } catch (error) {
    process.stderr.write(`${scenario.key}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
