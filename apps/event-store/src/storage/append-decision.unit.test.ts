import { describe, expect, it } from 'vitest';
import { type AppendDecision, decideAppend, type StreamView } from './append-decision.ts';
import { type ExpectedRevision, tombstoneNumber } from './events.ts';

/** A stream that holds these ids, written by the running process or, after a restart, by an earlier one. */
function given(
  ids: readonly string[],
  { restarted = false, hasMetadata = false, softDeleted = false, tombstoned = false } = {},
) {
  const stream: StreamView = {
    last: tombstoned ? tombstoneNumber : ids.length - 1,
    hasMetadata: () => hasMetadata,
    isSoftDeleted: () => softDeleted,
    idAt: (number) => ids[number],
    recentNumber: (id) => (restarted || !ids.includes(id) ? undefined : ids.indexOf(id)),
  };
  return { append: (retry: readonly string[], expected: ExpectedRevision) => decideAppend(expected, retry, stream) };
}

const accept: AppendDecision = { kind: 'accept' };
const wrong: AppendDecision = { kind: 'wrong-expected-version' };
const repeat = (revision: number): AppendDecision => ({ kind: 'repeat', revision });

const empty: string[] = [];
const six = ['e0', 'e1', 'e2', 'e3', 'e4', 'e5'];

describe('a new append', () => {
  it.each<[string, readonly string[], ExpectedRevision, AppendDecision]>([
    ['any takes an absent stream', empty, 'any', accept],
    ['any takes an existing stream', six, 'any', accept],
    ['no_stream takes an absent stream', empty, 'no_stream', accept],
    ['no_stream refuses an existing stream', six, 'no_stream', wrong],
    ['stream_exists refuses an absent stream', empty, 'stream_exists', wrong],
    ['stream_exists takes an existing stream', six, 'stream_exists', accept],
    ['the exact revision is taken', six, 5, accept],
    ['a revision below the last one is refused', six, 4, wrong],
    ['a revision above the last one is refused', six, 6, wrong],
    ['an exact revision refuses an absent stream', empty, 1, wrong],
    ['a revision beyond 2^53 is refused', six, Number(2n ** 63n - 1n), wrong],
  ])('%s', (_name, ids, expected, decision) => {
    expect(given(ids).append(['new'], expected)).toEqual(decision);
  });

  it('takes stream_exists on a stream that has only metadata', () => {
    expect(given(empty, { hasMetadata: true }).append(['new'], 'stream_exists')).toEqual(accept);
  });
});

describe('an append without events', () => {
  it.each<[ExpectedRevision, AppendDecision]>([
    ['any', accept],
    ['stream_exists', accept],
    [5, accept],
    [4, wrong],
    [6, wrong],
    ['no_stream', wrong],
  ])('with %s on a stream at 5', (expected, decision) => {
    expect(given(six).append([], expected)).toEqual(decision);
  });
});

describe("EventStoreDB's own idempotency matrix, e0 to e5 written one by one", () => {
  it.each<[string, ExpectedRevision, AppendDecision]>([
    ['e0', 'no_stream', repeat(0)],
    ['e0', 'any', repeat(0)],
    ['e1', 'any', repeat(1)],
    ['e0', 5, accept],
    ['e0', 6, wrong],
    ['e0', 4, wrong],
  ])('%s expecting %s', (id, expected, decision) => {
    expect(given(six).append([id], expected)).toEqual(decision);
  });
});

describe("EventStoreDB's own idempotency matrix, e0 and e1 written as one", () => {
  it.each<[string[], ExpectedRevision, AppendDecision]>([
    [['e0'], 'no_stream', repeat(0)],
    [['e0'], 'any', repeat(0)],
    [['e1'], 0, repeat(1)],
    [['e1'], 'any', repeat(1)],
    [['e0', 'e1', 'e2'], 'no_stream', wrong],
    [['e0', 'e2'], 'any', wrong],
    [['e2', 'e0'], 'any', accept],
    [['e1', 'e0'], 'no_stream', wrong],
  ])('%j expecting %s', (ids, expected, decision) => {
    expect(given(['e0', 'e1']).append(ids, expected)).toEqual(decision);
  });
});

describe('an append that is sent again', () => {
  it('answers with the end of the retry, not of the stream', () => {
    expect(given(six).append(['e0', 'e1'], 'no_stream')).toEqual(repeat(1));
  });

  it('stays idempotent after a restart when it names a revision', () => {
    expect(given(six, { restarted: true }).append(['e0', 'e1'], 'no_stream')).toEqual(repeat(1));
    expect(given(six, { restarted: true }).append(['e3', 'e4'], 2)).toEqual(repeat(4));
  });

  it('is taken as new after a restart when it names none, as in EventStoreDB', () => {
    expect(given(six, { restarted: true }).append(['e0'], 'any')).toEqual(accept);
    expect(given(six, { restarted: true }).append(['e0'], 'stream_exists')).toEqual(accept);
  });

  it('with one id three times counts as one event for any, as three for no_stream', () => {
    expect(given(['x', 'x', 'x']).append(['x', 'x', 'x'], 'any')).toEqual(repeat(0));
    expect(given(['x', 'x', 'x']).append(['x', 'x', 'x'], 'no_stream')).toEqual(repeat(2));
  });
});

describe('after a soft delete', () => {
  const deleted = (ids: readonly string[]) => given(ids, { softDeleted: true, hasMetadata: true });
  const gone: AppendDecision = { kind: 'stream-deleted' };

  it.each<[string, readonly string[], ExpectedRevision, AppendDecision]>([
    ['any begins the stream anew', ['new'], 'any', accept],
    ['no_stream begins the stream anew', ['new'], 'no_stream', accept],
    ['the exact revision begins the stream anew', ['new'], 5, accept],
    ['stream_exists is told of the deletion', ['new'], 'stream_exists', gone],
    ['any other revision is refused', ['new'], 4, wrong],
    ['the first events are still a repeat', ['e0', 'e1'], 'no_stream', repeat(1)],
    ['the first event and a new one are neither', ['e0', 'new'], 'no_stream', wrong],
  ])('%s', (_name, ids, expected, decision) => {
    expect(deleted(six).append(ids, expected)).toEqual(decision);
  });

  it.each<ExpectedRevision>(['any', 'no_stream', 'stream_exists', 5])('a tombstone refuses %s', (expected) => {
    expect(given(six, { tombstoned: true }).append(['new'], expected)).toEqual(gone);
  });
});
