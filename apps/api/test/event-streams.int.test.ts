import { eventJson } from '@orders/order-store/event-json';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { orderPlaced, submissionAttemptFailed, submissionStarted } from '@orders/test-kit/order-events';
import { EventSource } from 'eventsource';
import { v7 as uuidV7 } from 'uuid';
import { describe, expect, it, onTestFinished } from 'vitest';
import { limitOrder } from './api-under-test.ts';
import { type EventApi, eventWriter, startEventApi, startStore } from './event-api.ts';
import { followStream, openCuttingLink, type StreamClient } from './stream-client.ts';

const generous = { timeout: 50_000, interval: 20 };
const cutsWanted = 100;

const following = (options: Parameters<typeof followStream>[0]): StreamClient => {
  const client = followStream(options);
  onTestFinished(client.leave);
  return client;
};

const asReceived = (recorded: RecordedOrderEvent) => ({
  id: String(recorded.position.commit),
  type: recorded.event.type,
  data: JSON.stringify(eventJson(recorded)),
});

async function link(api: EventApi, breakAfter: () => number | null) {
  const opened = await openCuttingLink(api.port, breakAfter);
  onTestFinished(opened.close);
  return opened;
}

/** Anywhere in the first few events of a connection. */
const within = (bytes: number) => () => 1 + Math.floor(Math.random() * bytes);
const manyEvents = within(4_000);
const fewEvents = within(2_000);

const patient = { timeout: 150_000 };

describe('a client that is cut off 100 times', patient, () => {
  it.each([
    ['', 0],
    [', the event store away in between', 3],
  ])('has every event of the log, and of its order, once and in order%s', async (_name, outages) => {
    const store = await startStore();
    const api = await startEventApi(store, { streams: { eventsMax: 20, heartbeatMs: 50 } });
    const writer = eventWriter(store);
    const longLived = uuidV7();
    await writer.append(longLived, 'no_stream', orderPlaced(longLived));
    let cutting = true;
    const [wide, narrow] = [
      await link(api, () => (cutting ? manyEvents() : null)),
      await link(api, () => (cutting ? fewEvents() : null)),
    ];

    const ofLog = [
      following({ lastId: '0', port: api.port, cutAfter: manyEvents, path: '/orders/stream' }),
      following({ lastId: '0', port: api.port, cutAfter: manyEvents, path: '/v1/orders/stream' }),
      following({ lastId: '0', port: wide.port, path: '/orders/stream' }),
    ];
    const ofType = following({
      lastId: '0',
      port: narrow.port,
      path: '/orders/stream?type=OrderSubmitted,OrderFailed',
    });
    const ofOrder = [
      following({ port: api.port, cutAfter: fewEvents, path: `/orders/${longLived}/stream` }),
      following({ port: narrow.port, path: `/v1/orders/${longLived.toUpperCase()}/stream` }),
    ];
    const all = [...ofLog, ofType, ...ofOrder];

    let revision = 0n;
    let outagesLeft = outages;
    const leastCuts = () => Math.min(...all.map((client) => client.cuts()));
    let written = 1;
    while (leastCuts() < cutsWanted) {
      // Neither so fast that all read old pages for ever, nor so slow that all live on the newest events.
      await expect
        .poll(() => Math.min(...ofLog.map(({ received }) => received.length)), generous)
        .toBeGreaterThan(written - 100);
      written += 5;
      await writer.settledOrder();
      await writer.append(longLived, revision, submissionAttemptFailed(longLived), submissionStarted(longLived));
      revision += 2n;
      // Of a client that has received nothing yet, the API cannot know whether its order exists.
      const areKnown = ofOrder.every((client) => client.lastId() !== null);
      if (areKnown && outagesLeft > 0 && leastCuts() > (outages - outagesLeft) * (cutsWanted / outages)) {
        outagesLeft -= 1;
        await store.goAway();
        // Cut off, the clients come back, and must not be turned away.
        const before = leastCuts();
        await expect.poll(leastCuts, generous).toBeGreaterThan(before);
        await store.comeBack();
      }
    }
    cutting = false;
    for (const client of all) client.spare();

    const log = await writer.wholeLog();
    const expected = log.map(asReceived);
    const ofTypes = log.filter(({ event }) => event.type === 'OrderSubmitted').map(asReceived);
    const ownEvents = log.filter(({ orderId }) => orderId === longLived).map(asReceived);
    for (const client of ofLog) await expect.poll(() => client.received, generous).toEqual(expected);
    await expect.poll(() => ofType.received, generous).toEqual(ofTypes);
    for (const client of ofOrder) await expect.poll(() => client.received, generous).toEqual(ownEvents);
    expect(ownEvents).toHaveLength(Number(revision) + 1);
    expect(all.flatMap(({ refusals }) => refusals)).toEqual([]);
    expect(outagesLeft).toBe(0);
  });
});

describe('a stock EventSource', () => {
  it('follows through a restart of the API by itself', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const first = await startEventApi(store);
    const received: string[] = [];
    const source = new EventSource(`${first.url}/orders/stream`);
    onTestFinished(() => source.close());
    source.addEventListener('OrderPlaced', ({ data, lastEventId }) => {
      const event = JSON.parse(data);
      expect(lastEventId).toBe(event.position);
      received.push(event.data.order_id);
    });
    await expect.poll(() => source.readyState, generous).toBe(EventSource.OPEN);

    const before = (await first.post(limitOrder)).json().id;
    await expect.poll(() => received, generous).toEqual([before]);
    await first.app.close();
    const meanwhile = await writer.settledOrder();
    const second = await startEventApi(store, { port: first.port });
    const after = (await second.post(limitOrder)).json().id;
    await expect.poll(() => received, generous).toEqual([before, meanwhile, after]);
  });

  it.each([0, 1])('misses nothing when it is cut off before its first event, with %i orders before', async (orders) => {
    const store = await startStore();
    const writer = eventWriter(store);
    for (let count = 0; count < orders; count += 1) await writer.settledOrder();
    const first = await startEventApi(store);
    const client = following({ port: first.port, path: '/orders/stream' });
    await expect.poll(() => client.lastId(), generous).toBe(String(await writer.readEnd()));
    await first.app.close();
    const meanwhile = await writer.settledOrder();
    await startEventApi(store, { port: first.port });
    await expect.poll(() => client.received.map(({ type }) => type), generous).toHaveLength(3);
    expect(client.received[0]?.data).toContain(meanwhile);
  });
});

describe('GET /orders/stream', () => {
  it('begins with what happens next, and leaves out what is not wanted', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    await writer.settledOrder();
    const api = await startEventApi(store);
    const client = following({ port: api.port, path: '/orders/stream?type=OrderSubmitted&type=OrderFailed' });
    await expect.poll(() => client.lastId(), generous).not.toBeNull();
    const id = await writer.settledOrder();
    await expect.poll(() => client.received, generous).toHaveLength(1);
    expect(client.received[0]).toMatchObject({ type: 'OrderSubmitted', data: expect.stringContaining(id) });
  });

  it('names the place that it has reached while nothing of what is wanted happens', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const api = await startEventApi(store, { streams: { heartbeatMs: 30 } });
    const client = following({ port: api.port, path: '/orders/stream?type=OrderInDoubt' });
    await writer.settledOrder();
    await expect.poll(() => client.lastId(), generous).toBe(String(await writer.readEnd()));
    expect(client.received).toEqual([]);
  });

  it('takes the header for newer than the query', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    await writer.settledOrder();
    const log = await writer.wholeLog();
    const api = await startEventApi(store);
    const lastId = String(log[1]?.position.commit);
    const path = '/orders/stream?last_event_id=0';
    const byQuery = following({ port: api.port, path });
    const byHeader = following({ port: api.port, path, lastId });
    await expect.poll(() => byQuery.received, generous).toEqual(log.map(asReceived));
    await expect.poll(() => byHeader.received, generous).toEqual(log.slice(2).map(asReceived));
  });

  it('gives a reader that falls far behind everything, from the log', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const api = await startEventApi(store, { streams: { eventsMax: 10 } });
    const slow = await pausedReader(api, '/orders/stream');
    // More than all buffers on the way hold, so that the stream waits for its reader.
    const id = uuidV7();
    await writer.append(id, 'no_stream', orderPlaced(id));
    const data = { order_id: id, attempt: 1, reason: 'x'.repeat(40_000) };
    const failures = Array.from({ length: 10 }, () => ({ type: 'SubmissionAttemptFailed', data }) as const);
    for (let revision = 0n; revision < 500n; revision += 10n) await writer.append(id, revision, ...failures);
    const log = await writer.wholeLog();
    const ids = await slow.readOn(log.length);
    expect(ids).toEqual(log.map(({ position }) => String(position.commit)));
    expect(await api.registry.metrics()).not.toContain('orders_stream_log_reads_total{stream="log"} 0');
  });
});

/** Connected, but reads nothing before it is told to. */
async function pausedReader({ url }: EventApi, path: string) {
  const response = await fetch(`${url}${path}`);
  if (response.body === null) throw new Error('the answer has no body');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async readOn(events: number): Promise<string[]> {
      let text = '';
      for (;;) {
        const ids = [...text.matchAll(/^id: (\d+)\nevent: /gm)].map(([, id]) => id ?? '');
        if (ids.length >= events) {
          await reader.cancel();
          return ids;
        }
        const { value, done } = await reader.read();
        if (done) return ids;
        text = (text + value).replace(/"reason":"x+"/g, '');
      }
    },
  };
}
