import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type EventLog, openEventLog } from './event-log.ts';
import type { ExpectedRevision, ProposedEvent, RecordedEvent } from './events.ts';
import { CommitFailedError, createGroupCommit, StoreUnavailableError } from './group-commit.ts';

let dataFolder: string;
let log: EventLog;
/** Set, every transaction does its work and then fails, as with a full disk. */
let diskError: Error | undefined;
let transactions: number;
/** Set, the disk takes a transaction only when what this returns resolves. */
let diskTurn: (() => Promise<void>) | undefined;

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'event-store-'));
  log = openEventLog(dataFolder);
  diskError = undefined;
  diskTurn = undefined;
  transactions = 0;
});

afterEach(async () => {
  await log.close();
  rmSync(dataFolder, { recursive: true });
});

const failingLog = (): EventLog => ({
  ...log,
  transaction: (work) => {
    transactions += 1;
    return log.transaction(() => {
      const result = work();
      if (diskError !== undefined) throw diskError;
      return result;
    });
  },
  sync: async () => {
    await diskTurn?.();
    await log.sync();
  },
});

function startGroupCommit() {
  const published: RecordedEvent[] = [];
  const failures: unknown[] = [];
  const groupCommit = createGroupCommit({
    log: failingLog(),
    now: () => 1_700_000_000_000,
    onCommitted: (events) => published.push(...events),
    onCommitFailed: (cause) => failures.push(cause),
  });
  const append = (stream: string, expected: ExpectedRevision, ...events: ProposedEvent[]) =>
    groupCommit.write({ kind: 'append', stream, expected, events });
  const { flush, close, lastCommitFailed } = groupCommit;
  return { append, flush, close, lastCommitFailed, published, failures };
}

const event = (id = randomUUID() as string): ProposedEvent => ({
  id,
  type: 'Happened',
  isJson: true,
  data: Buffer.from('{}'),
  metadata: new Uint8Array(),
});

it('decides each append on top of those before it in the same commit', async () => {
  const { append } = startGroupCommit();
  const first = event();
  const outcomes = await Promise.all([
    append('s', 'no_stream', first),
    append('s', 'no_stream', event()),
    append('s', 0, event(), event()),
    append('s', 'no_stream', first),
    append('s', 'any', first),
    append('s', 2, event()),
    append('t', 'stream_exists', event()),
  ]);
  expect(transactions).toBe(1);
  expect(outcomes).toMatchObject([
    { kind: 'success', revision: 0 },
    { kind: 'wrong-expected-version', actual: 0 },
    { kind: 'success', revision: 2 },
    { kind: 'success', revision: 0 },
    { kind: 'success', revision: 0 },
    { kind: 'success', revision: 3 },
    { kind: 'wrong-expected-version', actual: -1 },
  ]);
  expect(log.readStream('s', { from: 0, direction: 'forwards', limit: 10 }).map(({ number }) => number)).toEqual([
    0, 1, 2, 3,
  ]);
});

it('answers with the position of the last event, and a repeat with the same one', async () => {
  const { append, published } = startGroupCommit();
  const events = [event(), event()];
  const original = await append('s', 'no_stream', ...events);
  expect(original).toEqual({ kind: 'success', revision: 1, position: published.at(-1)?.position });
  expect(await append('s', 'no_stream', ...events)).toEqual(original);
  expect(await append('s', 'any', ...events)).toEqual(original);
  expect(published).toHaveLength(2);
});

it('gives an append without events a position below that of the next event', async () => {
  const { append } = startGroupCommit();
  const nothing = await append('s', 'any');
  const something = await append('s', 'any', event());
  expect(nothing).toMatchObject({ kind: 'success', revision: -1 });
  if (nothing.kind !== 'success' || something.kind !== 'success') throw new Error('both succeed');
  expect(nothing.position).toBeGreaterThan(0);
  expect(nothing.position).toBeLessThan(something.position ?? 0);
});

it('refuses every append of a failed commit and keeps nothing of it', async () => {
  const { append, published, failures, lastCommitFailed } = startGroupCommit();
  const kept = await append('s', 'no_stream', event());
  diskError = new Error('disk is full');
  const [lost, alsoLost] = [event(), event()];
  const results = await Promise.allSettled([append('s', 0, lost), append('t', 'any', alsoLost)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(results[0]).toMatchObject({ reason: expect.any(CommitFailedError) });
  expect(failures).toEqual([diskError]);
  expect(lastCommitFailed()).toBe(true);
  expect(published).toHaveLength(1);

  diskError = undefined;
  // Were the lost id or the lost number still remembered, this would be a repeat or a conflict.
  const again = await append('s', 0, lost);
  expect(again).toMatchObject({ kind: 'success', revision: 1 });
  expect(await append('t', 'any', alsoLost)).toMatchObject({ kind: 'success', revision: 0 });
  expect(lastCommitFailed()).toBe(false);
  if (kept.kind !== 'success' || again.kind !== 'success') throw new Error('both succeed');
  expect(again.position).toBeGreaterThan(kept.position ?? 0);
  expect(published.map(({ position }) => position)).toEqual(
    log.readAll({ from: 0, direction: 'forwards', limit: 10 }).map(({ position }) => position),
  );
});

it('goes on refusing for as long as the disk does', async () => {
  const { append } = startGroupCommit();
  diskError = new Error('disk is full');
  for (const attempt of [1, 2, 3]) {
    await expect(append('s', 'any', event()), `attempt ${attempt}`).rejects.toThrow(CommitFailedError);
  }
});

it('publishes only after the commit, in the order of the log', async () => {
  const { append, published } = startGroupCommit();
  const appended = Promise.all([append('a', 'any', event()), append('b', 'any', event()), append('a', 'any', event())]);
  expect(published).toEqual([]);
  await appended;
  expect(published.map(({ stream, number }) => `${number}@${stream}`)).toEqual(['0@a', '0@b', '1@a']);
});

it('commits what waits when it is closed, and takes no more', async () => {
  const { append, close } = startGroupCommit();
  const waiting = append('s', 'any', event());
  const closing = close();
  expect(await waiting).toMatchObject({ kind: 'success' });
  await expect(append('s', 'any', event())).rejects.toThrow(StoreUnavailableError);
  await closing;
});

it('refuses at once what it has no room to hold', async () => {
  const { append } = startGroupCommit();
  const large = { ...event(), data: new Uint8Array(1_048_576) };
  const results = await Promise.allSettled(
    Array.from({ length: 70 }, () => append('s', 'any', { ...large, id: randomUUID() })),
  );
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({ reason: expect.any(StoreUnavailableError) });
  expect(log.figures().events).toBe(results.length - refused.length);
});

it('never gives a position twice, over restarts too', async () => {
  const before = await startGroupCommit().append('s', 'any', event(), event());
  await log.close();
  log = openEventLog(dataFolder);
  const after = await startGroupCommit().append('s', 'any', event());
  if (before.kind !== 'success' || after.kind !== 'success') throw new Error('both succeed');
  expect(after.position).toBeGreaterThan(before.position ?? 0);
});

it('answers nobody, and shows nobody anything, before the disk has it', async () => {
  const disk = Promise.withResolvers<void>();
  diskTurn = () => disk.promise;
  const { append, published } = startGroupCommit();
  const answers: unknown[] = [];
  const first = append('s', 'no_stream', event()).then((outcome) => answers.push(outcome));
  const conflicting = append('s', 'no_stream', event()).then((outcome) => answers.push(outcome));
  await vi.waitFor(() => expect(log.written.lastNumber('s')).toBe(0), { timeout: 30_000 });
  expect([answers, published, log.readAll({ from: 0, direction: 'forwards' })]).toEqual([[], [], []]);
  disk.resolve();
  await Promise.all([first, conflicting]);
  expect(answers).toMatchObject([{ kind: 'success' }, { kind: 'wrong-expected-version' }]);
  expect(published).toHaveLength(1);
});

it('takes nothing more once the disk has lost something, whatever it says later', async () => {
  const { append, published, failures, lastCommitFailed } = startGroupCommit();
  diskTurn = () => Promise.reject(new Error('input/output error'));
  await expect(append('s', 'any', event())).rejects.toThrow(CommitFailedError);
  diskTurn = undefined;
  await expect(append('s', 'any', event())).rejects.toThrow(CommitFailedError);
  expect(failures).toMatchObject([{ message: 'input/output error' }, { message: /restart the event store/ }]);
  expect(lastCommitFailed()).toBe(true);
  expect(published).toEqual([]);
  expect(log.readAll({ from: 0, direction: 'forwards' })).toEqual([]);
});

it('flushes what waits, although writers never pause', async () => {
  const { append, flush, close } = startGroupCommit();
  let isWriting = true;
  const writers = Array.from({ length: 100 }, async (_, writer) => {
    while (isWriting) await append(`s-${writer}`, 'any', event());
  });
  await flush();
  isWriting = false;
  await Promise.all(writers);
  await close();
});
