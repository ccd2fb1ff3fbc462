// Calls that no client makes: each is ended with an error of its own, the process does not blame itself for any, and a
// client that works alongside notices nothing.
import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { ProjectionsService } from '@eventstore/db-client/generated/projections_grpc_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshStream, readEvents } from '../running-store.ts';
import { ending, framed, grpcHeaders, grpcStatus, openSession, openStream, paths } from './raw-calls.ts';
import { batchFrame } from './requests.ts';
import { startWatchedStore, type WatchedStore } from './watched-store.ts';

let store: WatchedStore;
let session: ClientHttp2Session;
beforeAll(async () => {
  store = await startWatchedStore();
});
afterAll(() => store.stop());
beforeEach(async () => {
  session = await openSession(store.port);
});
afterEach(async () => {
  session.destroy();
  await store.expectUnharmed();
});

const services = [
  StreamsService,
  ServerFeaturesService,
  GossipService,
  PersistentSubscriptionsService,
  ProjectionsService,
];
const allPaths = services.flatMap((service) => Object.values(service).map(({ path }) => path));

async function call(headers: OutgoingHttpHeaders, ...bytes: Uint8Array[]) {
  const stream = openStream(session, headers);
  const ended = ending(stream);
  for (const chunk of bytes) stream.write(chunk);
  stream.end();
  return ended;
}

const empty = framed(Buffer.alloc(0));
const { INTERNAL, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNKNOWN } = status;

describe('a message that is no protobuf', () => {
  it.each([
    ['is cut in a field', Buffer.from([0x0a, 0xff])],
    ['has a number without an end', Buffer.alloc(12, 0xff)],
    ['opens groups and closes none', Buffer.alloc(1_000, 0x0b)],
    ['has a type of field that does not exist', Buffer.from([0x0e])],
    ['claims more bytes than there are', Buffer.from([0x0a, 0x7f, 0x00])],
    ['claims two gigabytes', Buffer.from('1afeaefcfcc6e0ea8105', 'hex')],
  ])('and %s ends a call of any method with an error', async (_name, bytes) => {
    for (const path of allPaths) {
      const ended = await call(grpcHeaders(path), framed(bytes));
      // What is not implemented says so before it looks at a message.
      expect([INTERNAL, UNIMPLEMENTED], path).toContain(grpcStatus(ended));
    }
  });

  it('ends an append that was well-formed before, and nothing of it is stored', async () => {
    for (const path of [paths.append, paths.batchAppend]) {
      const ended = await call(grpcHeaders(path), empty, framed(Buffer.from([0x0a, 0xff])));
      expect([INTERNAL, UNKNOWN]).toContain(grpcStatus(ended));
    }
  });
});

describe('a call without what it needs', () => {
  const refusals = [INVALID_ARGUMENT, UNIMPLEMENTED, UNKNOWN];

  it.each([paths.read, paths.append, paths.delete, paths.tombstone])('is refused by %s', async (path) => {
    expect(refusals).toContain(grpcStatus(await call(grpcHeaders(path))));
    expect(refusals).toContain(grpcStatus(await call(grpcHeaders(path), empty)));
    expect(refusals).toContain(grpcStatus(await call(grpcHeaders(path), Buffer.from([0, 0, 0]))));
    expect(refusals).toContain(grpcStatus(await call(grpcHeaders(path), empty, empty)));
  });

  it('is ended by BatchAppend once its client ends it', async () => {
    expect(grpcStatus(await call(grpcHeaders(paths.batchAppend)))).toBe(status.OK);
    expect(grpcStatus(await call(grpcHeaders(paths.batchAppend), empty, empty))).toBe(status.OK);
  });

  it('is ended by BatchAppend behind its last reply, be it of an append that never came to its end', async () => {
    const answered = await call(grpcHeaders(paths.batchAppend), batchFrame({ stream: freshStream(), final: true }));
    expect(grpcStatus(answered)).toBe(status.OK);
    expect(answered.bytes).toBeGreaterThan(0);
    const given = await call(grpcHeaders(paths.batchAppend), batchFrame({ stream: freshStream(), final: false }));
    expect(grpcStatus(given)).toBe(status.OK);
    expect(given.bytes).toBeGreaterThan(0);
  });
});

describe('a message that is too large', () => {
  const frameBytesMax = 16_767_216 + 65_536;

  it.each([paths.read, paths.append, paths.batchAppend, paths.features])('ends a call of %s', async (path) => {
    const announced = await call(grpcHeaders(path), framed(Buffer.alloc(9), { length: frameBytesMax + 1 }));
    expect(grpcStatus(announced)).toBe(RESOURCE_EXHAUSTED);
  });

  it('of 4 GiB is not waited for', async () => {
    for (const path of [paths.append, paths.batchAppend]) {
      const stream = openStream(session, grpcHeaders(path));
      const ended = ending(stream);
      stream.write(framed(Buffer.alloc(9), { length: 0xffff_ffff }));
      // The client leaves its side open, and only now learns that nothing more is wanted.
      await once(stream, 'end');
      stream.end();
      expect(grpcStatus(await ended)).toBe(RESOURCE_EXHAUSTED);
    }
  });

  it('of 64 MiB is not kept', async () => {
    const before = await store.figures();
    for (const path of [paths.append, paths.batchAppend]) {
      const ended = await call(grpcHeaders(path), framed(Buffer.alloc(64 * 1_048_576)));
      expect(grpcStatus(ended)).toBe(RESOURCE_EXHAUSTED);
    }
    expect((await store.figures()).heldBytes - before.heldBytes).toBeLessThan(30 * 1_048_576);
  });

  it('once it is decompressed ends the call', async () => {
    const bomb = framed(gzipSync(Buffer.alloc(64 * 1_048_576)), { flag: 1 });
    const ended = await call({ ...grpcHeaders(paths.append), 'grpc-encoding': 'gzip' }, bomb);
    expect(grpcStatus(ended)).toBe(RESOURCE_EXHAUSTED);
  });
});

describe('a call that ends with an error amid its replies', () => {
  it.each<[string, Buffer, number]>([
    ['for a message that is no protobuf', framed(Buffer.from([0x0a, 0xff])), INTERNAL],
    ['for a message that is too large', framed(Buffer.alloc(9), { length: 0xffff_ffff }), RESOURCE_EXHAUSTED],
    ['for a message that is not compressed', framed(Buffer.from('nonsense'), { flag: 1 }), INTERNAL],
  ])('%s does end', async (_name, bytes, expected) => {
    // With a window of one byte, the first reply is on its way until the client reads, and the others wait behind it.
    const narrow = await openSession(store.port, { initialWindowSize: 1 });
    const name = freshStream();
    const stream = openStream(narrow, { ...grpcHeaders(paths.batchAppend), 'grpc-encoding': 'gzip' });
    for (let appends = 1; appends <= 3; appends += 1) {
      stream.write(batchFrame({ stream: name, final: true }));
      const stored = () => readEvents(store.bystander.client, name);
      await vi.waitFor(async () => expect(await stored()).toHaveLength(appends), { timeout: 20_000 });
    }
    stream.write(bytes);
    await promisify(narrow.ping.bind(narrow))();
    stream.once('end', () => stream.end());
    expect(grpcStatus(await ending(stream))).toBe(expected);
    narrow.destroy();
  });
});

describe('a message that says it is compressed', () => {
  it.each([
    ['gzip', INTERNAL],
    ['deflate', INTERNAL],
    ['identity', INTERNAL],
    ['snappy', UNIMPLEMENTED],
  ])('with %s, and is not, ends the call', async (encoding, expected) => {
    for (const path of [paths.read, paths.append, paths.batchAppend]) {
      const nonsense = framed(Buffer.from('nonsense'), { flag: 1 });
      const ended = await call({ ...grpcHeaders(path), 'grpc-encoding': encoding }, nonsense);
      expect(grpcStatus(ended)).toBe(expected);
    }
  });
});

describe('a request that is not gRPC', () => {
  it.each(['text/plain', 'application/json', 'application/x-protobuf', ''])('of type "%s" is refused', async (type) => {
    for (const path of [paths.read, paths.batchAppend, '/ping']) {
      const ended = await call({ ...grpcHeaders(path), 'content-type': type }, empty);
      expect(ended.headers[':status']).toBe(415);
    }
  });

  it.each(['GET', 'HEAD', 'PUT', 'OPTIONS', 'TRACE', 'NONSENSE'])('by %s is ended', async (method) => {
    for (const path of allPaths) {
      const ended = await call({ ...grpcHeaders(path), ':method': method }, empty);
      expect(ended.headers[':status']).toBe(200);
    }
  });

  it('by CONNECT is refused', async () => {
    const ended = await call({ ':method': 'CONNECT', ':authority': 'elsewhere:1' });
    expect(ended.headers[':status']).toBe(415);
  });

  it('of a method that does not exist is told so', async () => {
    const absent = [
      '/',
      '/ping',
      '/event_store.client.streams.Streams/',
      '/event_store.client.streams.Streams/read',
      '/event_store.client.streams.Streams/__proto__',
      '/event_store.client.streams.Streams/Read?a=b',
      '/event_store.client.users.Users/Create',
      '/é%F0%9F',
      `/${'x'.repeat(8_000)}`,
    ];
    for (const path of absent) expect(grpcStatus(await call(grpcHeaders(path), empty)), path).toBe(UNIMPLEMENTED);
  });

  it('without "te", with odd headers, or for an odd host, is ended', async () => {
    const { te: _te, ...withoutTe } = grpcHeaders(paths.read);
    const odd: OutgoingHttpHeaders[] = [
      withoutTe,
      { ...grpcHeaders(paths.read), 'x-large': 'x'.repeat(60_000) },
      { ...grpcHeaders(paths.read), 'x-bin': '!!!!' },
      { ...grpcHeaders(paths.gossip), ':authority': ':::[' },
      ...['0n', 'x', '1', '-1S', '99999999H', '9999999999999S'].map((timeout) => ({
        ...grpcHeaders(paths.batchAppend),
        'grpc-timeout': timeout,
      })),
    ];
    for (const headers of odd) expect((await call(headers, empty)).headers[':status']).toBe(200);
  });
});
