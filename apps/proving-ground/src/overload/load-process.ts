// The load generator as a process: its order is the only argument, in JSON; each second of load is a line of output.
import { createWriteStream } from 'node:fs';
import { setPriority } from 'node:os';
import type { LoadOrder } from './load-report.ts';
import { offerOrders } from './open-loop.ts';

const { niceness, acknowledgedFile, ...load }: LoadOrder = JSON.parse(process.argv[2] ?? '');
setPriority(niceness);
const acknowledged = createWriteStream(acknowledgedFile, { flags: 'a' });
await offerOrders({
  ...load,
  onSecond: (second) => process.stdout.write(`${JSON.stringify(second)}\n`),
  onCreated: (id, atMs) => acknowledged.write(`{"id":"${id}","at_ms":${performance.timeOrigin + atMs}}\n`),
});
acknowledged.end();
