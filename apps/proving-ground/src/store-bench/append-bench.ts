// Appending, 200 in flight, one event each: the event store, whose answers wait for the disk, beside a gRPC server that
// keeps nothing, in turns, from the same client.
import { join } from 'node:path';
import { type EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { type BenchedProcess, startBenched } from '../benched-process.ts';
import { type Goal, median, perSecond } from '../figures.ts';
import { type Connect, newStream, orderPlaced } from './orders.ts';

const inFlight = 200;
const rounds = 5;
const roundMs = 3_000;

type Target = {
  name: string;
  client: EventStoreDBClient;
  server: BenchedProcess;
  rates: number[];
  cpuMicros: number[];
};
type AppendBench = {
  connect: Connect;
  store: BenchedProcess;
  storePort: number;
  barePort: number;
  write: (line: string) => void;
};

export async function benchAppends({ connect, store, storePort, barePort, write }: AppendBench): Promise<Goal> {
  const bare = await startBenched({
    name: 'bare-append-server',
    args: [join(import.meta.dirname, 'bare-append-server.ts'), String(barePort)],
    port: barePort,
    readiness: 'tcp',
    env: {},
  });
  const target = (name: string, server: BenchedProcess, port: number): Target => {
    return { name, client: connect(port), server, rates: [], cpuMicros: [] };
  };
  const targets = [target('event store', store, storePort), target('keeps nothing', bare, barePort)] as const;
  try {
    for (const { client } of targets) await appendFor(client, roundMs);
    for (let round = 0; round < rounds; round += 1) {
      for (const { client, server, rates, cpuMicros } of targets) {
        const cpuBefore = server.cpuSeconds();
        const appends = await appendFor(client, roundMs);
        rates.push((appends / roundMs) * 1_000);
        cpuMicros.push(((server.cpuSeconds() - cpuBefore) / appends) * 1_000_000);
      }
    }
  } finally {
    await Promise.all(targets.map(({ client }) => client.dispose()));
    await bare.stop();
  }
  for (const { name, rates, cpuMicros } of targets)
    write(`  ${name.padEnd(30)} ${perSecond(rates)}, server ${median(cpuMicros).toFixed(0)} µs of processor each`);
  const [ours, reference] = targets;
  // Round by round: what else the machine did hit both of a pair.
  const ratio = median(ours.rates.map((rate, round) => rate / (reference.rates[round] ?? Number.NaN)));
  return {
    name: 'appends : server that keeps nothing',
    value: ratio,
    text: ratio.toFixed(2),
    wanted: 0.9,
    isAtLeast: true,
  };
}

async function appendFor(client: EventStoreDBClient, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  let appends = 0;
  const appendUntilTheEnd = async () => {
    while (performance.now() < end) {
      await client.appendToStream(newStream(), orderPlaced(), { expectedRevision: NO_STREAM });
      appends += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, appendUntilTheEnd));
  return appends;
}
