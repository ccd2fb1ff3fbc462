// One connection that appends, as a thread of its own: the client keeps one table of pending appends for all that share
// its modules, so a broken connection would reject the appends of every other one. Several lanes append side by side.
// With an exact revision an append is sent again until it is answered; with `any` it is not, because after a restart
// the store would have to take it a second time.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type AppendResult, NO_STREAM, WrongExpectedVersionError } from '@eventstore/db-client';
import { withinMs } from '@orders/order-store/deadline';
import { openEventStore } from '@orders/order-store/open-event-store';
import { seededRandom } from '../seeded-random.ts';
import type { AppendMode, WriterMessage, WriterSettings } from './load.ts';
import { inFlightOf, writingOf } from './load-signals.ts';
import { appendPlanner, type PlannedAppend } from './planned-append.ts';

type Expected = typeof NO_STREAM | 'any' | bigint;

/** Each has one append in flight. */
const lanes = { exact: 4, any: 2 };
const appendsPerStreamMax = 30;
/** All writers share these. */
const sharedStreams = 3;
const answerWithinMs = 5_000;
/** Short enough to be there when the server is back, long enough to leave it the processor while it starts. */
const pauseMs = 50;
/** Some minutes: a server that is away for longer does not come back. */
const triesMax = 20_000;

const modes: Record<AppendMode, object> = {
  batch: {},
  // Credentials of its own make the client choose the other call; this server ignores them.
  unary: { credentials: { username: 'somebody', password: 'secret' } },
};

const settings = workerData as WriterSettings;
const post = (message: WriterMessage) => parentPort?.postMessage(message);
const log = { warn: () => {} };
const connection = openEventStore({ url: settings.url, log, onStop: () => {} });
const random = seededRandom(settings.seed);
const plan = appendPlanner(random);
const writing = writingOf(settings.signals);
const inFlight = inFlightOf(settings.signals, settings.number);

let planned = 0;
let highestPosition = 0n;

function planAppend(stream: string): PlannedAppend {
  planned += 1;
  return plan(`${settings.number}-${planned}`, stream);
}

/** False once writing is over; waits as long as it is suspended. */
async function mayWrite(): Promise<boolean> {
  while (writing.state() === 'suspended') await sleep(pauseMs);
  return writing.state() === 'going on';
}

async function send({ stream, events }: PlannedAppend, expectedRevision: Expected): Promise<AppendResult> {
  inFlight.add(1);
  try {
    const options = { ...modes[settings.mode], expectedRevision };
    const result = await withinMs(answerWithinMs, connection.client().appendToStream(stream, events, options));
    connection.answered();
    return result;
  } catch (error) {
    connection.failed(error);
    throw error;
  } finally {
    inFlight.add(-1);
  }
}

function report({ append, stream, events }: PlannedAppend, result: AppendResult, sentAfter: bigint): void {
  const position = result.position?.commit ?? -1n;
  const ids = events.map(({ id }) => id);
  if (position > highestPosition) highestPosition = position;
  const revision = result.nextExpectedRevision;
  post({ kind: 'answered', answer: { append, stream, ids, revision, position, sentAfter } });
}

/**
 * The revision that was answered, or nothing if the append was refused: the stream is not what it was answered to be.
 */
async function appendUntilAnswered(append: PlannedAppend, expected: Expected): Promise<bigint | undefined> {
  const sentAfter = highestPosition;
  for (let tries = 0; tries < triesMax; tries += 1) {
    try {
      const result = await send(append, expected);
      report(append, result, sentAfter);
      return result.nextExpectedRevision;
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) {
        const { expectedVersion, actualVersion } = error;
        post({
          kind: 'refused',
          append: append.append,
          expected: String(expectedVersion),
          found: String(actualVersion),
        });
        return undefined;
      }
      if (tries === 0) post({ kind: 'unknown' });
      await sleep(pauseMs);
    }
  }
  throw new Error(`${append.append} was not answered in ${triesMax} tries`);
}

async function writeWithExactRevisions(lane: number): Promise<void> {
  for (let number = 0; await mayWrite(); number += 1) {
    const stream = `exact-${settings.number}-${lane}-${number}`;
    let expected: Expected | undefined = NO_STREAM;
    for (
      let left = random.below(appendsPerStreamMax);
      left >= 0 && expected !== undefined && (await mayWrite());
      left -= 1
    ) {
      expected = await appendUntilAnswered(planAppend(stream), expected);
    }
  }
}

async function writeWithAnyRevision(): Promise<void> {
  while (await mayWrite()) {
    const append = planAppend(`shared-${random.below(sharedStreams)}`);
    const sentAfter = highestPosition;
    try {
      report(append, await send(append, 'any'), sentAfter);
    } catch {
      // Whatever the reason, the outcome is unknown, and stays so.
      post({ kind: 'unknown' });
      await sleep(pauseMs);
    }
  }
}

const times = (count: number, run: (lane: number) => Promise<void>) => Array.from({ length: count }, (_, n) => run(n));
await Promise.all([...times(lanes.exact, writeWithExactRevisions), ...times(lanes.any, writeWithAnyRevision)]);
post({ kind: 'finished' });
