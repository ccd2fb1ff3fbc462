// The other client works too: the unmodified client of KurrentDB, EventStoreDB's successor. It appends and subscribes
// as the older one does, but reads through a second implementation of gRPC, in Rust, which also asks for more: with
// `control_option` in its reads of streams, a server may name the first and last event of the stream. It does not need
// the answer. The server runs in a process of its own: in one process, the clients overwrite the message classes of
// each other.
import { randomUUID } from 'node:crypto';
import {
  BACKWARDS,
  binaryEvent,
  END,
  eventTypeFilter,
  type Filter,
  jsonEvent,
  KurrentDBClient,
  MaxAppendSizeExceededError,
  type Position,
  StreamNotFoundError,
  streamNameFilter,
  UnsupportedError,
  WrongExpectedVersionError,
} from '@kurrent/kurrentdb-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startStoreProcess } from './hostile/store-process.ts';

const generously = { timeout: 20_000 };

let store: Awaited<ReturnType<typeof startStoreProcess>>;
let client: KurrentDBClient;
beforeAll(async () => {
  store = await startStoreProcess();
  client = connect('kurrentdb');
});
afterAll(async () => {
  await client.dispose();
  await store.expectAlive();
  await store.stop();
});

const connect = (scheme: string) => KurrentDBClient.connectionString(`${scheme}://127.0.0.1:${store.port}?tls=false`);
const events = (count: number, type = 'Happened') =>
  Array.from({ length: count }, (_, index) => jsonEvent({ type, data: { index } }));
const freshStream = () => `test-${randomUUID()}`;
/** Credentials of its own make the client choose the unary call. */
const appendModes = [
  { mode: 'batch', options: {} },
  { mode: 'unary', options: { credentials: { username: 'somebody', password: 'secret' } } },
];
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id);

async function append(stream: string, count = 1, type = 'Happened') {
  const appended = events(count, type);
  const { position } = await client.appendToStream(stream, appended);
  return { ids: idsOf(appended), position: position as Position };
}

const streamIds = async (stream: string, options = {}) => {
  const read = await Array.fromAsync(client.readStream(stream, options));
  return read.map(({ event }) => event?.id);
};
const allIds = async (options = {}) => {
  const read = await Array.fromAsync(client.readAll(options));
  return read.map(({ event }) => event?.id);
};

describe.each(appendModes)('a $mode append of the KurrentDB client', ({ options }) => {
  it('is stored and read back as it was', async () => {
    const stream = freshStream();
    const text = jsonEvent({ type: 'Text', data: { text: 'é€😀' }, metadata: { by: 'me' } });
    const bytes = binaryEvent({ type: 'Bytes', data: new Uint8Array([0, 1, 255]) });
    const answer = await client.appendToStream(stream, [text, bytes], options);
    const read = await Array.fromAsync(client.readStream(stream));
    expect(read.map(({ event }) => event)).toMatchObject([
      { id: text.id, data: text.data, metadata: text.metadata, streamId: stream, revision: 0n, isJson: true },
      { id: bytes.id, data: Buffer.from(bytes.data), revision: 1n, isJson: false, position: answer.position },
    ]);
    expect(answer).toMatchObject({ success: true, nextExpectedRevision: 1n });
  });

  it('is taken in any state that it expects rightly', async () => {
    const stream = freshStream();
    for (const streamState of ['no_stream', 0n, 'stream_exists', 'any'] as const) {
      await client.appendToStream(stream, events(1), { ...options, streamState });
    }
    expect(await streamIds(stream)).toHaveLength(4);
  });

  it.each([
    ['no_stream', 1n],
    ['stream_exists', 'no_stream'],
    [0n, 1n],
    [7n, 1n],
    [7n, 'no_stream'],
  ] as const)('that expects %s where there is %s is refused', async (streamState, actualState) => {
    const streamName = freshStream();
    if (actualState !== 'no_stream') await append(streamName, 2);
    const error = await client.appendToStream(streamName, events(1), { ...options, streamState }).catch((err) => err);
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName, expectedState: streamState, actualState });
  });

  it('is stored once when it is sent again', async () => {
    const stream = freshStream();
    const again = events(2);
    const first = await client.appendToStream(stream, again, { ...options, streamState: 'no_stream' });
    expect(await client.appendToStream(stream, again, { ...options, streamState: 'no_stream' })).toEqual(first);
    expect(await streamIds(stream)).toEqual(idsOf(again));
  });

  it('that is too large is refused', async () => {
    const large = binaryEvent({ type: 'Large', data: new Uint8Array(1_048_577) });
    const refused = client.appendToStream(freshStream(), large, options);
    await expect(refused).rejects.toThrow(MaxAppendSizeExceededError);
  });
});

it.each(['kurrentdb', 'kurrentdb+discover', 'esdb', 'esdb+discover', 'kdb'])('%s:// connects', async (scheme) => {
  const other = connect(scheme);
  const stream = freshStream();
  await other.appendToStream(stream, events(1));
  expect(await Array.fromAsync(other.readStream(stream))).toHaveLength(1);
  await other.dispose();
});

it('appends to several streams at once are refused by the client itself, as the server does not list them', async () => {
  const request = { streamName: freshStream(), expectedState: 'any' as const, events: events(1) };
  await expect(client.multiStreamAppend([request])).rejects.toThrow(UnsupportedError);
  await expect(client.appendRecords([])).rejects.toThrow(UnsupportedError);
});

describe('a read of the KurrentDB client', () => {
  it.each<[string, object, number[]]>([
    ['from the start', {}, [0, 1, 2, 3, 4]],
    ['from a revision, which is included', { fromRevision: 2n, maxCount: 2 }, [2, 3]],
    ['past the end', { fromRevision: 9n }, []],
    ['backwards from the end', { direction: BACKWARDS, fromRevision: END }, [4, 3, 2, 1, 0]],
    ['backwards from a revision', { direction: BACKWARDS, fromRevision: 1n }, [1, 0]],
  ])('of a stream %s', async (_name, options, revisions) => {
    const stream = freshStream();
    const { ids } = await append(stream, 5);
    expect(await streamIds(stream, options)).toEqual(revisions.map((revision) => ids[revision]));
  });

  it('of a stream that is absent says so', async () => {
    await expect(streamIds(freshStream())).rejects.toThrow(StreamNotFoundError);
  });

  it('of a long stream is whole', async () => {
    const stream = freshStream();
    const { ids } = await append(stream, 3_000);
    expect(await streamIds(stream)).toEqual(ids);
  });

  it('of $all goes forwards from a position and backwards before it', async () => {
    const [a, b, c] = [await append(freshStream()), await append(freshStream()), await append(freshStream())];
    expect(await allIds({ fromPosition: b.position })).toEqual([...b.ids, ...c.ids]);
    const backwards = { direction: BACKWARDS, fromPosition: b.position, maxCount: 1 };
    expect(await allIds(backwards)).toEqual(a.ids);
    expect(await allIds({ direction: BACKWARDS, fromPosition: END, maxCount: 2 })).toEqual([...c.ids, ...b.ids]);
  });

  it('of $all with a filter holds what matches', async () => {
    const run = randomUUID();
    const [a, b] = [await append(`${run}-a`, 2, `Type-${run}-A`), await append(`${run}-b`, 1, `Type-${run}-B`)];
    const filtered = (filter: Filter) => allIds({ filter });
    expect(await filtered(streamNameFilter({ prefixes: [`${run}-a`] }))).toEqual(a.ids);
    expect(await filtered(streamNameFilter({ regex: `^${run}-[b]$` }))).toEqual(b.ids);
    expect(await filtered(eventTypeFilter({ prefixes: [`Type-${run}`] }))).toEqual([...a.ids, ...b.ids]);
    expect(await filtered(eventTypeFilter({ regex: `${run}-B$` }))).toEqual(b.ids);
    expect(await filtered(streamNameFilter({ prefixes: [randomUUID()] }))).toEqual([]);
  });
});

it('metadata of a stream is written and read by the KurrentDB client', async () => {
  const stream = freshStream();
  await client.setStreamMetadata(stream, { maxCount: 5, custom: 'kept' });
  expect(await client.getStreamMetadata(stream)).toMatchObject({ metadata: { maxCount: 5, custom: 'kept' } });
});

describe('a subscription of the KurrentDB client', () => {
  type Subscription = ReturnType<typeof client.subscribeToStream> | ReturnType<typeof client.subscribeToAll>;
  const open: Subscription[] = [];
  afterEach(() => Promise.all(open.splice(0).map((subscription) => subscription.unsubscribe())));

  function follow(subscription: Subscription) {
    const heard: string[] = [];
    const source = subscription as ReturnType<typeof client.subscribeToAll>;
    source.on('confirmation', () => heard.push('confirmation'));
    source.on('caughtUp', () => heard.push('caughtUp'));
    source.on('error', (error: unknown) => heard.push(String(error)));
    source.on('data', ({ event }) => event !== undefined && heard.push(event.id));
    open.push(subscription);
    return heard;
  }
  const hears = (heard: string[], expected: string[]) => vi.waitFor(() => expect(heard).toEqual(expected), generously);

  it('to a stream tells of history, caught up, and live events', async () => {
    const stream = freshStream();
    const history = await append(stream, 3);
    const heard = follow(client.subscribeToStream(stream, { fromRevision: 0n }));
    const told = ['confirmation', ...history.ids.slice(1), 'caughtUp'];
    await hears(heard, told);
    const live = await append(stream, 2);
    await hears(heard, [...told, ...live.ids]);
  });

  it('to $all starts after its position', async () => {
    const { position } = await append(freshStream());
    const next = await append(freshStream());
    await hears(follow(client.subscribeToAll({ fromPosition: position })), ['confirmation', ...next.ids, 'caughtUp']);
  });

  it.each<[string, (run: string) => object, typeof streamNameFilter]>([
    ['streams by prefix', (run) => ({ prefixes: [`${run}-a`] }), streamNameFilter],
    ['streams by expression', (run) => ({ regex: `^${run}-[a]` }), streamNameFilter],
    ['types by prefix', (run) => ({ prefixes: [`Type-${run}-a`] }), eventTypeFilter],
    ['types by expression', (run) => ({ regex: `^Type-${run}-[a]` }), eventTypeFilter],
  ])('to $all filters %s, and reports checkpoints', async (_name, condition, makeFilter) => {
    const run = randomUUID();
    const { position } = await append(freshStream());
    const write = (letter: string, count: number) => append(`${run}-${letter}`, count, `Type-${run}-${letter}`);
    const history = await write('a', 2);
    await write('b', 2);
    const checkpoints: bigint[] = [];
    const checkpointReached = async (_subscription: unknown, { commit }: Position) => void checkpoints.push(commit);
    const window = { maxSearchWindow: 4, checkpointInterval: 1, checkpointReached };
    const filter = makeFilter({ ...condition(run), ...window } as Parameters<typeof streamNameFilter>[0]);
    const heard = follow(client.subscribeToAll({ fromPosition: position, filter }));
    await hears(heard, ['confirmation', ...history.ids, 'caughtUp']);
    expect(checkpoints.at(-1)).toBeGreaterThanOrEqual(history.position.commit);
    const others = await write('b', 8);
    await vi.waitFor(() => expect(checkpoints.at(-1)).toBeGreaterThan(history.position.commit), generously);
    expect(checkpoints.at(-1)).toBeLessThanOrEqual(others.position.commit);
    expect(checkpoints).toEqual([...new Set(checkpoints)].toSorted((a, b) => Number(a - b)));
  });
});
