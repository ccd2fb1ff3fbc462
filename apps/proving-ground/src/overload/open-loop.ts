// Orders that arrive at their own pace: a customer does not wait until the one before is served. The n-th order is due
// at n / rate; it takes a free connection, and its latency counts from when it was due (no coordinated omission).
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOrder, LoadPhase, LoadSecond } from './load-report.ts';
import { loadTally } from './load-tally.ts';
import { type Answer, openPostingConnection, type PostingConnection } from './posting-connection.ts';

type Load = Omit<LoadOrder, 'niceness' | 'acknowledgedFile'> & {
  onSecond: (second: LoadSecond) => void;
  /** The time is that of `performance.now()`. */
  onCreated: (orderId: string, atMs: number) => void;
};

const tickMs = 2;
const connectAtOnce = 64;
// An order that finds every connection taken waits this long at most; then it counts as due, and not as offered.
const lateMsMax = 1_000;
const drainMsMax = 20_000;

/** Resolves when every answer is there or does not come; rejects when the connections cannot be opened. */
export async function offerOrders(load: Load): Promise<void> {
  const { host, port, phases, connections, reportsEachLatency, onSecond, onCreated } = load;
  const newTally = (phase: string) => loadTally(phase, { reportsEachLatency });
  const free: PostingConnection[] = [];
  const dueMs = new Map<PostingConnection, number>();
  let tally = newTally('');
  let postsAgain = false;
  let isOver = false;

  function send(connection: PostingConnection, dueAtMs: number) {
    dueMs.set(connection, dueAtMs);
    tally.counts.offered += 1;
    connection.post();
  }

  function onAnswer(connection: PostingConnection, answer: Answer) {
    const nowMs = performance.now();
    tally.answered(answer, nowMs - (dueMs.get(connection) ?? nowMs));
    if (answer.orderId !== null) onCreated(answer.orderId, nowMs);
    dueMs.delete(connection);
    if (postsAgain) {
      tally.counts.due += 1;
      send(connection, nowMs);
    } else free.push(connection);
  }

  function onLost(connection: PostingConnection) {
    if (isOver) return;
    // The server may close a connection that nobody uses; one that owes an answer it may not.
    if (dueMs.delete(connection)) tally.counts.connectionErrors += 1;
    else free.splice(free.indexOf(connection), 1);
    connect().catch(() => undefined);
  }

  async function connect() {
    free.push(await openPostingConnection({ host, port, onAnswer, onLost }));
  }

  async function run({ name, seconds, ratePerSecond }: LoadPhase) {
    const startMs = performance.now();
    const ordersPerMs = (ratePerSecond ?? 0) / 1_000;
    let counted = 0;
    let next = 0;
    tally = newTally(name);
    postsAgain = ratePerSecond === null;
    if (postsAgain) for (const connection of free.splice(0)) send(connection, startMs);
    for (let second = 1; second <= seconds; ) {
      const passedMs = performance.now() - startMs;
      const dueOrders = Math.floor(passedMs * ordersPerMs);
      tally.counts.due += dueOrders - counted;
      counted = dueOrders;
      next = Math.max(next, Math.floor((passedMs - lateMsMax) * ordersPerMs));
      for (; next < dueOrders && free.length > 0; next += 1) {
        // The one that was idle for longest, or the server would close those that are left over.
        const connection = free.shift();
        if (connection !== undefined) send(connection, startMs + next / ordersPerMs);
      }
      if (passedMs >= second * 1_000) {
        onSecond(tally.report());
        tally = newTally(name);
        second += 1;
      }
      await sleep(tickMs);
    }
  }

  for (let opened = 0; opened < connections; opened += connectAtOnce) {
    await Promise.all(Array.from({ length: Math.min(connectAtOnce, connections - opened) }, connect));
  }
  for (const phase of phases) await run(phase);
  postsAgain = false;
  tally = newTally('answers that were still to come');
  const drainedByMs = performance.now() + drainMsMax;
  while (dueMs.size > 0 && performance.now() < drainedByMs) await sleep(tickMs);
  isOver = true;
  tally.counts.connectionErrors += dueMs.size;
  onSecond(tally.report());
  for (const connection of [...free, ...dueMs.keys()]) connection.close();
}
