// Whatever arrives, every call ends or is answered, the process lives and blames itself for nothing, a client that
// works alongside notices nothing, and the log holds exactly what was answered as stored.
import { randomUUID } from 'node:crypto';
import streams, { type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Client, type ClientDuplexStream, credentials, type StatusObject, status } from '@grpc/grpc-js';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mutated, randomFrames } from './mutations.ts';
import { oddAppend, oddBatchFrame, oddDelete, oddRead, oddTombstone } from './odd-messages.ts';
import { openSocket, paths, untilClosed } from './raw-calls.ts';
import { appendMessages, batchMessage, readAllMessage } from './requests.ts';
import { startWatchedStore, type WatchedStore } from './watched-store.ts';

/** All properties together try more than 10,000. */
const casesOfBatch = 50;
const timeoutMs = 300_000;
/** Reached only by a call that hangs. */
const answerTimeoutMs = 30_000;

let store: WatchedStore;
let grpc: Client;
beforeAll(async () => {
  store = await startWatchedStore();
});
beforeEach(() => {
  grpc = new Client(`127.0.0.1:${store.port}`, credentials.createInsecure());
});
afterEach(async () => {
  await expectLogToHold();
  grpc.close();
  await store.expectUnharmed();
}, timeoutMs);
afterAll(() => store.stop());

type Call = ClientDuplexStream<Buffer, Buffer>;
const asItIs = (bytes: Buffer) => bytes;

function open(path: string): Call {
  const deadline = Date.now() + answerTimeoutMs;
  const call: Call = grpc.makeBidiStreamRequest(path, asItIs, asItIs, { deadline });
  call.on('error', () => {});
  return call;
}

/** The status of a call, after `frames` and their end. */
async function outcome(path: string, frames: readonly Buffer[], onAnswer: (call: Call, answer: Buffer) => void) {
  const call = open(path);
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));
  call.on('data', (answer: Buffer) => onAnswer(call, answer));
  for (const frame of frames) call.write(frame);
  call.end();
  return (await ended).code;
}

const tookTooLong = [status.DEADLINE_EXCEEDED, status.UNAVAILABLE];
const giveUp = (call: Call) => call.cancel();
const keepOn = () => {};

/** Ids of events by what the server said of them. */
const stored = new Set<string>();
const refused = new Set<string>();

function run<Case>(runs: number, arbitrary: Arbitrary<Case>, attempt: (given: Case) => Promise<void>) {
  const batch = fc.array(arbitrary, { minLength: casesOfBatch, maxLength: casesOfBatch });
  const property = fc.asyncProperty(batch, async (cases) => {
    await Promise.all(cases.map(attempt));
    await store.expectAlive();
    await store.bystander.expectUnharmed();
  });
  return fc.assert(property, { numRuns: runs });
}

/** An append with an id that nobody else uses, on a call that also carries what is odd. */
async function appendAmong(odd: readonly Buffer[]): Promise<void> {
  const call = open(paths.batchAppend);
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  const replies = new Map<string, BatchAppendResp[]>(ids.map((id) => [id, []]));
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));
  const last = ids.at(-1) ?? '';
  call.on('data', (bytes: Buffer) => {
    const reply = streams.BatchAppendResp.deserializeBinary(bytes);
    const id = reply.getCorrelationId()?.getString() ?? '';
    replies.get(id)?.push(reply);
    // All that was sent before it was looked at by then, and what is never final would only be waited for.
    if (id === last) call.cancel();
  });
  const middle = Math.floor(odd.length / 2);
  const own = (id: string) => batchMessage({ correlationId: id, eventId: id, stream: `fuzz-${id.at(0)}`, final: true });
  const [first = '', second = ''] = ids;
  for (const frame of [own(first), ...odd.slice(0, middle), own(second), ...odd.slice(middle), own(last)])
    call.write(frame);
  const { code } = await ended;
  expect(tookTooLong).not.toContain(code);
  const outcomes = [...replies.values()].map((answers) => answers.map((answer) => answer.hasSuccess()));
  // Without its reply, because the call had to end before, the outcome of an append is not known.
  if (code === status.CANCELLED) expect(outcomes).toEqual([[true], [true], [true]]);
  for (const outcomesOfOne of outcomes) expect([[], [true]]).toContainEqual(outcomesOfOne);
  for (const [id, answers] of replies) if (answers.length > 0) stored.add(id);
}

describe('messages of the right types, yet odd,', () => {
  it(
    'of Read are answered',
    () =>
      run(40, oddRead, async (request) => {
        expect(tookTooLong).not.toContain(await outcome(paths.read, [request], giveUp));
      }),
    timeoutMs,
  );

  it(
    'of Append, Delete and Tombstone are answered',
    () =>
      run(
        40,
        fc.oneof(
          { weight: 6, arbitrary: oddAppend.map((frames) => ({ path: paths.append, frames })) },
          oddDelete.map((frame) => ({ path: paths.delete, frames: [frame] })),
          oddTombstone.map((frame) => ({ path: paths.tombstone, frames: [frame] })),
        ),
        async ({ path, frames }) => {
          expect(tookTooLong).not.toContain(await outcome(path, frames, keepOn));
        },
      ),
    timeoutMs,
  );

  it(
    'of BatchAppend leave each proper append on the same call its one reply',
    () => run(30, fc.array(oddBatchFrame, { maxLength: 6 }), appendAmong),
    timeoutMs,
  );
});

describe('messages that were damaged on their way', () => {
  it(
    'end the call or are answered',
    () =>
      run(
        60,
        fc.oneof(
          mutated(oddRead).map((frame) => ({ path: paths.read, frames: [frame], onAnswer: giveUp })),
          mutated(fc.constant(readAllMessage())).map((frame) => ({
            path: paths.read,
            frames: [frame],
            onAnswer: giveUp,
          })),
          fc.array(mutated(fc.constantFrom(...appendMessages('damaged'))), { maxLength: 4 }).map((frames) => ({
            path: paths.append,
            frames,
            onAnswer: keepOn,
          })),
          fc
            .tuple(fc.constantFrom(paths.features, paths.gossip), fc.uint8Array({ maxLength: 100 }))
            .map(([path, bytes]) => ({ path, frames: [Buffer.from(bytes)], onAnswer: keepOn })),
        ),
        async ({ path, frames, onAnswer }) => {
          expect(tookTooLong).not.toContain(await outcome(path, frames, onAnswer));
        },
      ),
    timeoutMs,
  );

  it(
    'of BatchAppend end the call, or leave each proper append its one reply',
    () => {
      const proper = fc.constant(null).map(() => batchMessage({ stream: 'damaged', final: true }));
      return run(30, fc.array(mutated(fc.oneof(proper, oddBatchFrame)), { maxLength: 5 }), appendAmong);
    },
    timeoutMs,
  );

  it(
    'when an append is refused as a whole, nothing of it is stored',
    () =>
      run(
        20,
        fc.array(mutated(fc.constantFrom(...appendMessages('damaged'))), { minLength: 1, maxLength: 3 }),
        async (odd) => {
          const ids = [randomUUID(), randomUUID()];
          const proper = appendMessages(`fuzz-${ids[0]?.at(0)}`, ids);
          const code = await outcome(paths.append, [...proper, ...odd], keepOn);
          for (const id of ids) (code === status.OK ? stored : refused).add(id);
        },
      ),
    timeoutMs,
  );
});

describe('bytes of any kind', () => {
  async function send(bytes: readonly Uint8Array[]): Promise<void> {
    const socket = await openSocket(store.port);
    const closed = untilClosed(socket);
    for (const chunk of bytes) socket.write(chunk);
    socket.end();
    await closed;
  }

  it(
    'on a connection end with it',
    () => run(20, fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), send),
    timeoutMs,
  );

  it('as frames of HTTP/2 end with their connection', () => run(40, randomFrames, send), timeoutMs);
});

/** Read as the protocol has it: the client would try to understand what the events hold. */
async function expectLogToHold(): Promise<void> {
  const numbers = new Map<string, number>();
  const found: string[] = [];
  let lastPosition = -1n;
  const call = open(paths.read);
  call.write(readAllMessage());
  call.end();
  for await (const bytes of call) {
    const event = streams.ReadResp.deserializeBinary(bytes as Buffer)
      .getEvent()
      ?.getEvent();
    if (event === undefined) throw new Error('not an event');
    const position = BigInt(event.getCommitPosition());
    expect(position).toBeGreaterThan(lastPosition);
    lastPosition = position;
    found.push(event.getId()?.getString() ?? '');
    const tombstoneNumber = 2n ** 63n - 1n;
    const number = BigInt(event.getStreamRevision());
    if (number === tombstoneNumber) continue;
    const stream = Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('hex');
    expect(number).toBe(BigInt(numbers.get(stream) ?? 0));
    numbers.set(stream, Number(number) + 1);
  }
  const ours = found.filter((id) => stored.has(id) || refused.has(id));
  expect(ours.toSorted()).toEqual([...stored].toSorted());
}
