// Reading $all from its start: the event store, beside two that have the same messages in memory. The one is a gRPC
// server, so that the client does all that it does for the event store; the other is a loop over the client's own
// decoding, without anything that carries the messages.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import streams, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { startBenched } from '../benched-process.ts';
import { type Goal, median, perSecond } from '../figures.ts';
import type { Connect } from './orders.ts';
import { readMessages } from './read-messages.ts';

// What the client makes of a message is in a file of its own that the package does not announce.
const { convertGrpcEvent } = createRequire(import.meta.url)('@eventstore/db-client/dist/utils/convertGrpcEvent.js') as {
  convertGrpcEvent: (event: ReadResp.ReadEvent | undefined) => unknown;
};

const rounds = 5;
const eventsRead = 100_000;

type ReadBench = { connect: Connect; storePort: number; memoryPort: number; write: (line: string) => void };

export async function benchReads({ connect, storePort, memoryPort, write }: ReadBench): Promise<Goal[]> {
  const store = `127.0.0.1:${storePort}`;
  const memory = await startBenched({
    name: 'memory-read-server',
    args: [join(import.meta.dirname, 'memory-read-server.ts'), store, String(eventsRead), String(memoryPort)],
    port: memoryPort,
    readiness: 'tcp',
    env: {},
  });
  const [storeClient, memoryClient] = [connect(storePort), connect(memoryPort)];
  const messages = await readMessages(store, eventsRead);
  const readers = {
    store: { name: 'event store', rates: [] as number[], read: () => readAll(storeClient) },
    server: { name: 'server with all in memory', rates: [] as number[], read: () => readAll(memoryClient) },
    decoding: { name: 'decoding alone', rates: [] as number[], read: async () => decodeAll(messages) },
  };
  try {
    for (const { read } of Object.values(readers)) await read();
    for (let round = 0; round < rounds; round += 1) {
      for (const { rates, read } of Object.values(readers)) {
        const started = performance.now();
        const events = await read();
        rates.push((events / (performance.now() - started)) * 1_000);
      }
    }
  } finally {
    await Promise.all([storeClient.dispose(), memoryClient.dispose()]);
    await memory.stop();
  }
  for (const { name, rates } of Object.values(readers)) write(`  ${name.padEnd(30)} ${perSecond(rates)}`);
  const goal = (name: string, { rates }: { rates: number[] }): Goal => {
    const value = median(readers.store.rates.map((rate, round) => rate / (rates[round] ?? Number.NaN)));
    return { name, value, text: value.toFixed(2), wanted: 0.7, isAtLeast: true };
  };
  return [
    goal('readAll : the client reading from memory', readers.server),
    goal("readAll : the client's decoding alone", readers.decoding),
  ];
}

async function readAll(client: EventStoreDBClient): Promise<number> {
  let events = 0;
  for await (const _event of client.readAll({ maxCount: eventsRead })) events += 1;
  return events;
}

function decodeAll(messages: readonly Uint8Array[]): number {
  let events = 0;
  for (const bytes of messages) {
    const message = streams.ReadResp.deserializeBinary(bytes);
    if (!message.hasEvent()) continue;
    convertGrpcEvent(message.getEvent());
    events += 1;
  }
  return events;
}
