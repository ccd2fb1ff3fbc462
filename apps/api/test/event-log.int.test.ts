import { once } from 'node:events';
import { get as httpGet } from 'node:http';
import type { EventJson } from '@orders/order-store/event-json';
import { eventJson } from '@orders/order-store/event-json';
import { orderFailed, orderPlaced, submissionStarted } from '@orders/test-kit/order-events';
import { v7 as uuidV7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { apiUnderTest, fieldErrorsIn, limitOrder, problemIn, sharedApi } from './api-under-test.ts';
import { type EventApi, eventWriter, startEventApi, startStore } from './event-api.ts';

type Page = { events: EventJson[]; next_cursor: string; at_end: boolean };

const ndjson = { accept: 'application/x-ndjson' };

async function filledLog(orders: number) {
  const store = await startStore();
  const writer = eventWriter(store);
  const ids: string[] = [];
  for (let count = 0; count < orders; count += 1) ids.push(await writer.settledOrder());
  const log = (await writer.wholeLog()).map((recorded) => JSON.parse(JSON.stringify(eventJson(recorded))));
  return { store, writer, ids, log: log as EventJson[], api: await startEventApi(store) };
}

async function allPages({ get }: EventApi, query: string): Promise<Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | null = null; ; ) {
    const response = await get(`/events?${query}${cursor === null ? '' : `&cursor=${cursor}`}`);
    const page: Page = response.json();
    pages.push(page);
    if (page.at_end) return pages;
    cursor = page.next_cursor;
  }
}

const eventsIn = (pages: Page[]) => pages.flatMap(({ events }) => events);
const linesIn = (body: string): EventJson[] =>
  body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('GET /events', () => {
  it.each([1, 7, 100, 1_000])('in pages of %i is the whole log, once and in order', async (limit) => {
    const { api, log } = await filledLog(12);
    const pages = await allPages(api, `limit=${limit}`);
    expect(eventsIn(pages)).toEqual(log);
    expect(pages.every(({ events }) => events.length <= limit)).toBe(true);
  });

  it('as lines is the whole log, and each line is what the page shows', async () => {
    const { api, log } = await filledLog(90);
    const response = await api.get('/v1/events', ndjson);
    expect(response.headers).toMatchObject({ 'content-type': 'application/x-ndjson', vary: 'Accept' });
    expect(linesIn(response.body)).toEqual(log);
    expect(linesIn((await api.get('/events?limit=201', ndjson)).body)).toEqual(log.slice(0, 201));
    const fromMiddle = await api.get(`/events?cursor=${log[150]?.position}`, ndjson);
    expect(linesIn(fromMiddle.body)).toEqual(log.slice(151));
  });

  it('tells at the end where to go on, and has there what comes next', async () => {
    const { api, writer, log } = await filledLog(2);
    const [page] = await allPages(api, 'limit=500');
    expect(page).toEqual({ events: log, next_cursor: log.at(-1)?.position, at_end: true });
    const nothing = (await api.get(`/events?cursor=${page?.next_cursor}`)).json();
    expect(nothing).toEqual({ events: [], next_cursor: page?.next_cursor, at_end: true });
    const id = await writer.settledOrder();
    const next: Page = (await api.get(`/events?cursor=${nothing.next_cursor}&limit=1`)).json();
    expect(next).toMatchObject({ events: [{ type: 'OrderPlaced', data: { order_id: id } }], at_end: false });
  });

  it('tells in an empty log where to go on', async () => {
    const store = await startStore();
    const api = await startEventApi(store);
    const writer = eventWriter(store);
    const page: Page = (await api.get('/events')).json();
    expect(page).toEqual({ events: [], next_cursor: String(await writer.readEnd()), at_end: true });
    await writer.settledOrder();
    expect(eventsIn(await allPages(api, 'limit=1&type=OrderSubmitted'))).toHaveLength(1);
    expect((await api.get('/events?cursor=0')).json().events).toHaveLength(3);
  });

  it('leaves out what is not asked for, in pages and in lines', async () => {
    const { api, ids, log } = await filledLog(8);
    const times = log.map(({ recorded_at }) => recorded_at).toSorted();
    const middle = times[12] ?? '';
    const [, second = ''] = ids;
    const questions: [string, (event: EventJson) => boolean][] = [
      ['type=OrderSubmitted', ({ type }) => type === 'OrderSubmitted'],
      ['type=OrderSubmitted,OrderPlaced', ({ type }) => type !== 'SubmissionStarted'],
      ['type=OrderPlaced&type=SubmissionStarted', ({ type }) => type !== 'OrderSubmitted'],
      ['type=OrderFailed', () => false],
      [`order=${second.toUpperCase()}`, ({ data }) => data.order_id === second],
      [`order=${second}&type=OrderPlaced`, ({ data, type }) => data.order_id === second && type === 'OrderPlaced'],
      [`order=${uuidV7()}`, () => false],
      [`recorded_from=${middle}`, ({ recorded_at }) => recorded_at >= middle],
      [`recorded_to=${middle}`, ({ recorded_at }) => recorded_at < middle],
      [
        `recorded_from=${times[3]}&recorded_to=${middle}&type=OrderPlaced`,
        ({ recorded_at, type }) => {
          return recorded_at >= (times[3] ?? '') && recorded_at < middle && type === 'OrderPlaced';
        },
      ],
      [`cursor=${log[9]?.position}&order=${second}`, () => false],
      ['recorded_from=2999-01-01T00:00:00Z', () => false],
      ['recorded_to=1999-01-01T00:00:00Z', () => false],
    ];
    for (const [query, fits] of questions) {
      const expected = log.filter(fits);
      expect(eventsIn(await allPages(api, `${query}&limit=2`)), query).toEqual(expected);
      expect(linesIn((await api.get(`/events?${query}`, ndjson)).body), query).toEqual(expected);
    }
    expect(log.length).toBe(24);
  });

  it('looks at a bounded part of the log for each request, and says where it stopped', async () => {
    const store = await startStore();
    const writer = eventWriter(store);
    const id = uuidV7();
    await writer.append(id, 'no_stream', orderPlaced(id));
    const started = Array.from({ length: 2_000 }, () => submissionStarted(id));
    for (let revision = 0n; revision < 12_000n; revision += 2_000n) await writer.append(id, revision, ...started);
    await writer.append(id, 12_000n, orderFailed(id));
    const api = await startEventApi(store);
    const pages = await allPages(api, 'type=OrderFailed');
    expect(pages.map(({ events }) => events.length)).toEqual([0, 1]);
    expect(linesIn((await api.get('/events?type=OrderFailed', ndjson)).body)).toHaveLength(1);
  });

  it('has the headers, and nothing else, for HEAD', async () => {
    const { api } = await filledLog(1);
    for (const headers of [{}, ndjson]) {
      const response = await api.app.inject({ method: 'HEAD', url: '/events', headers });
      expect(response.statusCode).toBe(200);
      expect(response.body).toBe('');
    }
  });
});

describe('what GET /events refuses', () => {
  const api = sharedApi();

  it.each([
    ['type=placed', 'type'],
    ['type=', 'type'],
    ['order=nope', 'order'],
    ['recorded_from=yesterday', 'recorded_from'],
    ['recorded_from=2016-12-31T23:59:60Z', 'recorded_from'],
    ['recorded_to=2026-01-31', 'recorded_to'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=-1', 'cursor'],
    ['cursor=1.5', 'cursor'],
    ['cursor=0x10', 'cursor'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=18446744073709551616', 'cursor'],
    ['cursor=18446744073709551615', 'cursor'],
    ['cursor=1&cursor=2', 'cursor'],
    ['tpye=OrderPlaced', 'tpye'],
    [`cursor=18446744073709551615&order=${uuidV7()}`, 'cursor'],
  ])('is ?%s, with 422 and the name of the parameter', async (query, field) => {
    for (const headers of [{}, ndjson]) {
      const response = await (await api).get(`/events?${query}`, headers);
      // There is no end to the lines that may be asked for.
      if (query === 'limit=1001' && 'accept' in headers) continue;
      expect(problemIn(response)).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(fieldErrorsIn(response).map(([name]) => name)).toEqual([field]);
    }
  });

  it('is told in words of its own', async () => {
    const { get } = await api;
    const response = await get('/events?type=market&limit=5000&cursor=x');
    const messages = fieldErrorsIn(response).map(([, message]) => message);
    expect(messages).toContainEqual(expect.stringContaining('Parameter `type` must be one or more of `OrderPlaced`'));
    expect(messages).toContainEqual(expect.stringContaining('Parameter `cursor` must be the `position` of an event'));
  });

  it('is a cursor beyond the end of a real log', async () => {
    const { api: overStore, log } = await filledLog(1);
    const beyond = BigInt(log.at(-1)?.position ?? 0) + 1n;
    for (const headers of [{}, ndjson]) {
      const response = await overStore.get(`/events?cursor=${beyond}`, headers);
      expect(fieldErrorsIn(response).map(([name]) => name)).toEqual(['cursor']);
    }
  });

  it('is a form that the log does not have, with 406', async () => {
    const response = await (await api).get('/events', { accept: 'text/csv' });
    const expected = { mediaType: 'application/problem+json', status: 406, code: 'not_acceptable' };
    expect(problemIn(response)).toMatchObject(expected);
    expect(response.headers.vary).toBe('Accept');
  });
});

describe('while the event store is away', () => {
  it('is 503, worth another try, whatever is asked', async () => {
    const store = await startStore();
    const api = await startEventApi(store);
    await store.goAway();
    for (const url of ['/events', '/events?recorded_from=2026-01-01T00:00:00Z', '/events?cursor=1', '/orders/stream']) {
      for (const headers of [{}, ndjson]) {
        const response = await api.get(url, headers);
        expect(problemIn(response), url).toMatchObject({ status: 503, code: 'event_store_unavailable' });
        expect(response.headers['retry-after']).toBe('1');
      }
    }
  });

  it('lines break off: what began is never ended as if it were whole', async () => {
    let pagesLeft = 3;
    const store = await startStore();
    const writer = eventWriter(store);
    for (let count = 0; count < 300; count += 1) await writer.settledOrder();
    const { sources } = await startEventApi(store);
    const readPage: typeof sources.readPage = (from, eventsMax) => {
      pagesLeft -= 1;
      return pagesLeft < 0 ? Promise.reject(new Error('connection refused')) : sources.readPage(from, eventsMax);
    };
    const api = await startEventApi(store, { replaced: { events: { ...sources, readPage } } });
    const request = httpGet(`${api.url}/events`, { headers: ndjson });
    const [response] = await once(request, 'response');
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    const [error] = await once(response, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(response.complete).toBe(false);
    // What a server has written of its own has its place in a page too.
    expect(linesIn(body).length).toBeGreaterThan(500);
    expect(linesIn(body).length).toBeLessThanOrEqual(600);
  });
});

it('places orders while the log is read by as many as may, and turns a further one away', async () => {
  const waiting = Promise.withResolvers<void>();
  const events = {
    readPage: () => waiting.promise.then(() => ({ events: [], reached: 1n, atEnd: true })),
    readEnd: async () => 1n,
    placeBefore: async () => 0n,
    subscribe: () => {
      throw new Error('nobody listens here');
    },
    onSubscriptionEnded: () => undefined,
  };
  const { get, post } = await apiUnderTest({ events });
  const readers = Array.from({ length: 64 }, () => get('/events'));
  await expect
    .poll(async () => (await get('/events', { accept: 'text/csv' })).statusCode, { timeout: 30_000 })
    .toBe(406);
  const refused = await get('/events');
  expect(problemIn(refused)).toMatchObject({ status: 503, code: 'too_many_reads' });
  expect(refused.headers['retry-after']).toBe('1');
  expect((await post(limitOrder)).statusCode).toBe(201);
  waiting.resolve();
  expect(new Set((await Promise.all(readers)).map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  await expect.poll(async () => (await get('/events')).statusCode, { timeout: 30_000 }).toBe(200);
});
