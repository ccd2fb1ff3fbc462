// What an open stream is to proxies, to clients that misbehave, and to a process that is asked to stop.
import { connect } from 'node:net';
import { orderPlaced, submissionAttemptFailed } from '@orders/test-kit/order-events';
import { v7 as uuidV7 } from 'uuid';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fieldErrorsIn, limitOrder, problemIn } from './api-under-test.ts';
import { type EventApi, eventWriter, startEventApi, startStore } from './event-api.ts';
import { followStream } from './stream-client.ts';

const generous = { timeout: 50_000, interval: 20 };
const unknownId = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';

/** The head of the answer, and the text so far. Left when the test is finished. */
async function openStream({ url }: EventApi, path: string) {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const response = await fetch(`${url}${path}`, { signal: leaving.signal });
  const seen = { text: '', ended: null as 'whole' | 'broken' | null };
  const read = async () => {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) seen.text += text;
  };
  void read().then(
    () => {
      seen.ended = 'whole';
    },
    () => {
      seen.ended = 'broken';
    },
  );
  return { response, seen, leave: () => leaving.abort() };
}

const openCount = async ({ registry }: EventApi, stream: 'log' | 'order') =>
  Number(new RegExp(`orders_streams_open\\{stream="${stream}"\\} (\\d+)`).exec(await registry.metrics())?.[1]);

describe('an open stream', () => {
  it('passes proxies at once: a head that forbids to keep it, and bytes before there is any event', async () => {
    const api = await startEventApi(await startStore());
    const { response, seen } = await openStream(api, '/orders/stream');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
    });
    await expect.poll(() => seen.text, generous).toMatch(/^: open\nretry: 1000\n\n/);
  });

  it('outlives the time after which a silent connection is cut, by its heartbeats alone', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const alive = await startEventApi(store, { streams: { heartbeatMs: 50 } });
    const silent = await startEventApi(store, { streams: { heartbeatMs: 60_000 } });
    for (const { app } of [alive, silent]) app.server.setTimeout(1_500);
    const [kept, cut] = [await openStream(alive, '/orders/stream'), await openStream(silent, '/orders/stream')];
    await expect.poll(() => cut.seen.ended, generous).toBe('broken');
    await expect.poll(() => kept.seen.text.split(': alive').length, generous).toBeGreaterThan(45);
    const id = await writer.settledOrder();
    await expect.poll(() => kept.seen.text, generous).toContain(id);
    expect(kept.seen.ended).toBeNull();
  });

  it('is counted while it is open, and its events as they are sent', async () => {
    const store = await startStore();
    const api = await startEventApi(store);
    const { id } = (await api.post(limitOrder)).json();
    const ofLog = await openStream(api, '/orders/stream?last_event_id=0');
    const ofOrder = await openStream(api, `/orders/${id}/stream`);
    for (const { seen } of [ofLog, ofOrder]) await expect.poll(() => seen.text, generous).toContain(id);
    expect([await openCount(api, 'log'), await openCount(api, 'order')]).toEqual([1, 1]);
    for (const stream of ['log', 'order']) {
      expect(await api.registry.metrics()).toContain(`orders_streamed_events_total{stream="${stream}"} 1`);
    }
    for (const { leave } of [ofLog, ofOrder]) leave();
    await expect.poll(() => openCount(api, 'log'), generous).toBe(0);
    await expect.poll(() => openCount(api, 'order'), generous).toBe(0);
    expect(await api.registry.metrics()).not.toContain('http_request_duration_seconds_count{route="/orders/stream"');
  });

  it('is refused to one more client than there may be, until another one leaves', async () => {
    const api = await startEventApi(await startStore(), { streams: { streamsMax: 2 } });
    const first = await openStream(api, '/orders/stream');
    await openStream(api, '/orders/stream');
    const refused = await fetch(`${api.url}/orders/stream`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'too_many_streams' });
    first.leave();
    const tryAgain = async () => (await openStream(api, '/orders/stream')).response.status;
    await expect.poll(tryAgain, generous).toBe(200);
  });

  it('is cut when its client takes nothing any more', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const id = uuidV7();
    await writer.append(id, 'no_stream', orderPlaced(id));
    const data = { order_id: id, attempt: 1, reason: 'x'.repeat(40_000) };
    const failures = Array.from({ length: 10 }, () => ({ type: 'SubmissionAttemptFailed', data }) as const);
    for (let revision = 0n; revision < 500n; revision += 10n) await writer.append(id, revision, ...failures);
    const api = await startEventApi(store, { streams: { blockedMs: 300, heartbeatMs: 20 } });
    const socket = connect({ host: '127.0.0.1', port: api.port }).pause();
    socket.on('error', () => undefined);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.write('GET /orders/stream?last_event_id=0 HTTP/1.1\r\nHost: test\r\n\r\n');
    await expect.poll(() => openCount(api, 'log'), generous).toBe(1);
    await expect.poll(() => openCount(api, 'log'), generous).toBe(0);
  });

  it('ends at once, as a whole, when the process stops, and nobody is let in any more', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const api = await startEventApi(store);
    const id = await writer.settledOrder();
    const streams = [await openStream(api, '/orders/stream'), await openStream(api, `/orders/${id}/stream`)];
    for (const { seen } of streams) await expect.poll(() => seen.text, generous).toContain('retry');
    await api.app.close();
    for (const { seen } of streams) await expect.poll(() => seen.ended, generous).toBe('whole');
    await expect(fetch(`${api.url}/orders/stream`)).rejects.toThrow();
  });

  it('has a head, and no body, for HEAD', async () => {
    const api = await startEventApi(await startStore());
    const { id } = (await api.post(limitOrder)).json();
    for (const path of ['/orders/stream', `/orders/${id}/stream`]) {
      const response = await fetch(`${api.url}${path}`, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
    }
    expect((await fetch(`${api.url}/orders/${unknownId}/stream`, { method: 'HEAD' })).status).toBe(404);
    expect(await openCount(api, 'log')).toBe(0);
  });
});

describe('a stream that cannot be', () => {
  it.each(['nonsense', '', '-1', '1.5', '18446744073709551616', '18446744073709551615'])(
    'is one after the event %o, with 422',
    async (lastId) => {
      const api = await startEventApi(await startStore());
      const { id } = (await api.post(limitOrder)).json();
      for (const path of ['/orders/stream', `/orders/${id}/stream`]) {
        const byHeader = await api.get(path, { 'last-event-id': lastId });
        expect(problemIn(byHeader)).toMatchObject({ mediaType: 'application/problem+json', status: 422 });
        expect(fieldErrorsIn(byHeader).map(([field]) => field)).toEqual(['Last-Event-ID']);
        const byQuery = await api.get(`${path}?last_event_id=${lastId}`);
        expect(fieldErrorsIn(byQuery).map(([field]) => field)).toEqual(['last_event_id']);
      }
    },
  );

  it('is one with a parameter that is not known, or with a type that is none', async () => {
    const api = await startEventApi(await startStore());
    const { id } = (await api.post(limitOrder)).json();
    const fieldsOf = async (url: string) => fieldErrorsIn(await api.get(url)).map(([field]) => field);
    expect(await fieldsOf('/orders/stream?tpye=OrderPlaced')).toEqual(['tpye']);
    expect(await fieldsOf('/orders/stream?type=market')).toEqual(['type']);
    expect(await fieldsOf(`/orders/${id}/stream?type=OrderPlaced`)).toEqual(['type']);
  });

  it.each([unknownId, 'nope'])('is that of the order %s, which there is not', async (id) => {
    const api = await startEventApi(await startStore());
    const response = await api.get(`/orders/${id}/stream`);
    const expected = { mediaType: 'application/problem+json', status: 404, code: 'order_not_found' };
    expect(problemIn(response)).toMatchObject(expected);
  });
});

it('keeps whoever comes back while the event store is away, and goes on when it is there again', async () => {
  const store = await startStore();
  const writer = eventWriter(store);
  const api = await startEventApi(store, { streams: { heartbeatMs: 20 } });
  const id = await writer.settledOrder();
  const lastId = String(await writer.readEnd());
  await store.goAway();
  const clients = ['/orders/stream', `/orders/${id}/stream`].map((path) => {
    const client = followStream({ port: api.port, path, lastId });
    onTestFinished(client.leave);
    return client;
  });
  await expect.poll(() => openCount(api, 'log'), generous).toBe(1);
  await expect.poll(() => openCount(api, 'order'), generous).toBe(1);
  await store.comeBack();
  await writer.append(id, 2n, submissionAttemptFailed(id));
  for (const { received } of clients) await expect.poll(() => received.length, generous).toBe(1);
  expect(clients.map(({ cuts, refusals }) => [cuts(), refusals])).toEqual([
    [0, []],
    [0, []],
  ]);
});
