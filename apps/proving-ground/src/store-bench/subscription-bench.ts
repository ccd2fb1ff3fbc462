// What a subscription costs: the memory that a catch-up over the whole log takes, on both sides, and the time from an
// append to its delivery.
import { setTimeout as sleep } from 'node:timers/promises';
import { END, NO_STREAM, START } from '@eventstore/db-client';
import type { BenchedProcess } from '../benched-process.ts';
import { type Goal, mebibytes, percentile } from '../figures.ts';
import { type Connect, newStream, orderPlaced } from './orders.ts';

type SubscriptionBench = { connect: Connect; store: BenchedProcess; storePort: number; write: (line: string) => void };

const sampleEveryMs = 100;

export async function benchCatchUp(bench: SubscriptionBench, events: number): Promise<Goal[]> {
  const { connect, store, storePort, write } = bench;
  const client = connect(storePort);
  const before = { server: store.residentBytes(), client: process.memoryUsage().rss };
  const most = { ...before };
  const sample = setInterval(() => {
    most.server = Math.max(most.server, store.residentBytes());
    most.client = Math.max(most.client, process.memoryUsage().rss);
  }, sampleEveryMs);
  const started = performance.now();
  let delivered = 0;
  const subscription = client.subscribeToAll({ fromPosition: START });
  for await (const _event of subscription) if (++delivered >= events) break;
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(sample);
  await subscription.unsubscribe();
  await client.dispose();
  write(`  caught up over ${delivered} events in ${seconds.toFixed(1)} s, ${(delivered / seconds).toFixed(0)} /s`);
  const goal = (name: string, bytes: number): Goal => ({
    name,
    value: bytes / 1_048_576,
    text: mebibytes(bytes),
    wanted: 100,
    isAtLeast: false,
  });
  return [
    goal('catch-up: growth of the event store, MiB', most.server - before.server),
    goal('catch-up: growth of the subscriber, MiB', most.client - before.client),
  ];
}

const appendsPerSecond = 1_000;
const liveSeconds = 15;
const warmUpSeconds = 3;

export async function benchLive({ connect, storePort, write }: SubscriptionBench): Promise<Goal> {
  const client = connect(storePort);
  const appendedAt = new Map<string, number>();
  const latenciesMs: number[] = [];
  const subscription = client.subscribeToAll({ fromPosition: END });
  const caughtUp = new Promise((resolve) => subscription.once('caughtUp', resolve));
  subscription.on('data', ({ event }) => {
    const started = appendedAt.get(event?.id ?? '');
    if (started === undefined) return;
    latenciesMs.push(performance.now() - started);
    appendedAt.delete(event?.id ?? '');
  });
  await caughtUp;
  const append = async () => {
    const event = orderPlaced();
    appendedAt.set(event.id, performance.now());
    await client.appendToStream(newStream(), event, { expectedRevision: NO_STREAM });
  };
  await atSteadyRate(append, warmUpSeconds);
  latenciesMs.length = 0;
  await atSteadyRate(append, liveSeconds);
  while (appendedAt.size > 0) await sleep(1);
  await subscription.unsubscribe();
  await client.dispose();
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(latenciesMs, share)) as [number, number, number];
  write(
    `  ${latenciesMs.length} appends at ${appendsPerSecond} /s: p50 ${p50.toFixed(1)} ms, most ${most.toFixed(1)} ms`,
  );
  return { name: 'append to delivery, p99, ms', value: p99, text: p99.toFixed(1), wanted: 10, isAtLeast: false };
}

/** Does not wait for answers: a slow one must not make room for itself. */
async function atSteadyRate(append: () => Promise<void>, seconds: number): Promise<void> {
  const started = performance.now();
  const appends: Promise<void>[] = [];
  const total = appendsPerSecond * seconds;
  while (appends.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * appendsPerSecond));
    while (appends.length < due) appends.push(append());
    await sleep(1);
  }
  await Promise.all(appends);
}
