// What only a connection string decides: TLS, user and password, and which node of a cluster is asked. The nodes here
// are fronts of one embedded event store, so what they are asked can be seen, and a follower can refuse as a real one
// does.
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http2';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { freePort } from '@orders/local-system/free-port';
import { type TestCertificates, testCertificates } from '@orders/test-kit/certificates';
import { startTestEventStore, type TestEventStore } from '@orders/test-kit/event-store';
import { type EventStoreFront, type OwnAnswer, startEventStoreFront } from '@orders/test-kit/event-store-front';
import { orderPlaced, submissionStarted } from '@orders/test-kit/order-events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventStoreOrderStore } from '../src/event-store-order-store.ts';
import { openEventStore } from '../src/open-event-store.ts';
import { orderEventBatches } from '../src/order-subscription.ts';

const password = 'p@ss/w:rd';
const user = `admin:${encodeURIComponent(password)}@`;
const basic = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
const streams = '/event_store.client.streams.Streams/';

let certificates: TestCertificates;
let strangers: TestCertificates;
let store: TestEventStore;
beforeAll(async () => {
  [certificates, strangers, store] = await Promise.all([testCertificates(), testCertificates(), startTestEventStore()]);
});
afterAll(async () => {
  await store?.stop();
  await Promise.all([certificates?.remove(), strangers?.remove()]);
});

async function front(answer?: (headers: IncomingHttpHeaders) => OwnAnswer | null): Promise<EventStoreFront> {
  const started = await startEventStoreFront({ certificates, to: store.port, ...(answer && { answer }) });
  onTestFinished(started.close);
  return started;
}

function connect(url: string) {
  const warnings: string[] = [];
  const connection = openEventStore({
    url,
    log: { warn: (_details, message) => warnings.push(message) },
    onStop: (_name, step) => onTestFinished(() => void step()),
  });
  const orders = eventStoreOrderStore({ connection, limits: { tryTimeoutMs: 2_000, budgetMs: 5_000 } });
  const append = (orderId: string, expectedRevision: 'no_stream' | bigint = 'no_stream') => {
    const context = { correlationId: 'c', causationId: randomUUID(), traceparent: undefined };
    const event = expectedRevision === 'no_stream' ? orderPlaced(orderId) : submissionStarted(orderId);
    return orders.append({ orderId, expectedRevision, events: [event], context });
  };
  return { ...orders, append, connection, warnings };
}

const trusting = ({ caFile }: TestCertificates) => `tls=true&tlsCaFile=${encodeURIComponent(caFile)}`;
const at = ({ port }: { port: number }) => `127.0.0.1:${port}`;
const callsTo = (node: EventStoreFront, method: string) =>
  node.requests.filter(({ ':path': path }) => path === streams + method);

describe('a connection string with TLS, a user and a password', () => {
  it('is all that appends, reads and subscriptions take', async () => {
    const node = await front();
    const { append, load, connection, warnings } = connect(`esdb://${user}${at(node)}?${trusting(certificates)}`);
    const orderId = randomUUID();
    expect(await append(orderId)).toMatchObject({ kind: 'stored' });
    expect((await load(orderId)).history).toHaveLength(1);
    const ending = new AbortController();
    const options = { client: connection.client(), from: null, batchMax: 10, idleMs: 1_000, signal: ending.signal };
    for await (const { events } of orderEventBatches(options))
      if (events.some(({ event }) => event.data.order_id === orderId)) break;
    ending.abort();
    const calls = node.requests.filter(({ ':path': path }) => path?.startsWith(streams));
    expect(calls.length).toBeGreaterThanOrEqual(3);
    expect(calls.map(({ authorization }) => authorization)).toEqual(calls.map(() => basic));
    expect(warnings).toEqual([]);
  });

  it('trusts nobody on the word of another authority, and says so without the password', async () => {
    const node = await front();
    const { append, load } = connect(`esdb://${user}${at(node)}?${trusting(strangers)}`);
    const ends = await Promise.allSettled([append(randomUUID()), load(randomUUID())]);
    for (const end of ends) {
      const { reason } = end as PromiseRejectedResult;
      const text = `${reason} ${reason.cause}`;
      expect(text).toMatch(/certificate/);
      expect(text).not.toMatch(/p@ss|p%40ss|YWRtaW46/);
    }
    expect(node.requests).toEqual([]);
  });

  it('says in a warning that without TLS nobody is told the password', async () => {
    const { append, warnings } = connect(store.url.replace('esdb://', `esdb://${user}`));
    expect(await append(randomUUID())).toMatchObject({ kind: 'stored' });
    expect(warnings).toEqual([expect.stringContaining('are not sent')]);
  });
});

describe('a connection string that discovers', () => {
  it('is content with one node, and asks where that node says that it is', async () => {
    const node = await front();
    const { append } = connect(`esdb+discover://${user}localhost:${node.port}?${trusting(certificates)}`);
    expect(await append(randomUUID())).toMatchObject({ kind: 'stored' });
    expect(node.requests.map(({ ':path': path }) => path)).toContain('/event_store.client.gossip.Gossip/Read');
  });

  it('finds the one node of three that lives, however often it has to look', async () => {
    const node = await front();
    const dead = await Promise.all([freePort(), freePort()]);
    const hosts = [...dead.map((port) => at({ port })), at(node)].join(',');
    for (let round = 0; round < 5; round += 1) {
      const { append } = connect(`esdb://${user}${hosts}?${trusting(certificates)}`);
      expect(await append(randomUUID())).toMatchObject({ kind: 'stored' });
    }
  });

  it('finds a node that comes after it was looked for in vain', async () => {
    const port = await freePort();
    const { append } = connect(
      `esdb+discover://${user}${at({ port })}?${trusting(certificates)}&maxDiscoverAttempts=1`,
    );
    await expect(append(randomUUID())).rejects.toThrow('append given up');
    const node = await startEventStoreFront({ certificates, to: store.port, port });
    onTestFinished(node.close);
    expect(await append(randomUUID())).toMatchObject({ kind: 'stored' });
  });
});

describe('a cluster', () => {
  /** A leader, and a follower that turns away what the leader alone may answer. */
  async function cluster() {
    const ports = { leader: 0, follower: 0 };
    const members = () => clusterOf(ports);
    const leader = await front((headers) => (isGossip(headers) ? members() : null));
    const follower = await front((headers) => {
      if (isGossip(headers)) return members();
      return headers['requires-leader'] === 'true' ? notLeader(ports.leader) : null;
    });
    Object.assign(ports, { leader: leader.port, follower: follower.port });
    const url = `esdb://${user}${at(leader)},${at(follower)}?${trusting(certificates)}`;
    return { leader, follower, url };
  }

  it('is asked at its leader', async () => {
    const { leader, follower, url } = await cluster();
    const { append, load } = connect(url);
    const orderId = randomUUID();
    await append(orderId);
    await load(orderId);
    expect(callsTo(leader, 'BatchAppend')).toHaveLength(1);
    expect(callsTo(leader, 'Read')).toHaveLength(1);
    expect([...callsTo(follower, 'BatchAppend'), ...callsTo(follower, 'Read')]).toEqual([]);
  });

  it('appends at its leader although the string prefers followers', async () => {
    const { leader, follower, url } = await cluster();
    const { append } = connect(`${url}&nodePreference=follower`);
    const orderId = randomUUID();
    expect(await append(orderId)).toMatchObject({ kind: 'stored', revision: 0n });
    expect(await append(orderId, 0n)).toMatchObject({ kind: 'stored', revision: 1n });
    expect(callsTo(follower, 'BatchAppend')).toHaveLength(1);
    expect(callsTo(leader, 'BatchAppend')).toHaveLength(1);
  });

  it('loads from its leader although the string prefers followers', async () => {
    const { leader, follower, url } = await cluster();
    const orderId = randomUUID();
    await connect(store.url).append(orderId);
    const { load } = connect(`${url}&nodePreference=follower`);
    expect((await load(orderId)).history).toHaveLength(1);
    expect(callsTo(follower, 'Read')).toHaveLength(1);
    expect(callsTo(leader, 'Read')).toHaveLength(1);
  });

  it('is followed at a follower if the string prefers them', async () => {
    const { leader, follower, url } = await cluster();
    const orderId = randomUUID();
    await connect(store.url).append(orderId);
    const { connection } = connect(`${url}&nodePreference=follower`);
    const ending = new AbortController();
    const options = { client: connection.client(), from: null, batchMax: 100, idleMs: 1_000, signal: ending.signal };
    for await (const { events } of orderEventBatches(options))
      if (events.some(({ event }) => event.data.order_id === orderId)) break;
    ending.abort();
    expect(callsTo(follower, 'Read')).toHaveLength(1);
    expect(callsTo(leader, 'Read')).toEqual([]);
  });
});

const isGossip = ({ ':path': path }: IncomingHttpHeaders) => path === '/event_store.client.gossip.Gossip/Read';

function clusterOf({ leader, follower }: { leader: number; follower: number }): OwnAnswer {
  const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState;
  const members = [[leader, LEADER] as const, [follower, FOLLOWER] as const].map(([port, state]) =>
    new gossip.MemberInfo()
      .setInstanceId(new shared.UUID().setString(randomUUID()))
      .setTimeStamp('0')
      .setState(state)
      .setIsAlive(true)
      .setHttpEndPoint(new gossip.EndPoint().setAddress('127.0.0.1').setPort(port)),
  );
  return { kind: 'message', bytes: new gossip.ClusterInfo().setMembersList(members).serializeBinary() };
}

const notLeader = (leaderPort: number): OwnAnswer => ({
  kind: 'refusal',
  headers: {
    'grpc-status': '5',
    'grpc-message': 'Leader info available',
    exception: 'not-leader',
    'leader-endpoint-host': '127.0.0.1',
    'leader-endpoint-port': String(leaderPort),
  },
});
