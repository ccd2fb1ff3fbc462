// Rows 105 to 125: the embedded event store has no persistent subscriptions, and says so instead of looking broken.
import {
  type EventStoreDBClient,
  type PersistentSubscriptionToAll,
  type PersistentSubscriptionToAllSettings,
  type PersistentSubscriptionToStream,
  type PersistentSubscriptionToStreamSettings,
  PINNED,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  streamNameFilter,
  UnknownError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshStream } from '../running-store.ts';
import { isEmbedded, startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

type Call = (client: EventStoreDBClient, stream: string, group: string) => Promise<unknown>;

function refuses(row: string, ...calls: Call[]): void {
  it(row, async () => {
    for (const call of calls) {
      const error = await call(target.client, freshStream(), freshStream()).catch((err: unknown) => err);
      expect(error).toBeInstanceOf(UnknownError);
      expect(error).toMatchObject({
        code: 12,
        message: expect.stringContaining('The embedded event store does not implement'),
      });
    }
  });
}

const create =
  (changes: Partial<PersistentSubscriptionToStreamSettings> = {}): Call =>
  (client, stream, group) => {
    const settings = persistentSubscriptionToStreamSettingsFromDefaults(changes);
    return client.createPersistentSubscriptionToStream(stream, group, settings);
  };
const createToAll =
  (changes: Partial<PersistentSubscriptionToAllSettings> = {}, prefixes = ['order-']): Call =>
  (client, _stream, group) => {
    const settings = persistentSubscriptionToAllSettingsFromDefaults(changes);
    return client.createPersistentSubscriptionToAll(group, settings, { filter: streamNameFilter({ prefixes }) });
  };
const update: Call = (client, stream, group) =>
  client.updatePersistentSubscriptionToStream(stream, group, persistentSubscriptionToStreamSettingsFromDefaults());
const remove: Call = (client, stream, group) => client.deletePersistentSubscriptionToStream(stream, group);
const info: Call = (client, stream, group) => client.getPersistentSubscriptionToStreamInfo(stream, group);
const replayParked: Call = (client, stream, group) => client.replayParkedMessagesToStream(stream, group, { stopAt: 4 });
const restart: Call = (client) => client.restartPersistentSubscriptionSubsystem();

const failureOf = (subscription: PersistentSubscriptionToStream | PersistentSubscriptionToAll) =>
  new Promise((_, reject) => subscription.on('error', reject));
const connect =
  (bufferSize = 10): Call =>
  (client, stream, group) =>
    failureOf(client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize }));
const connectToAll: Call = (client, _stream, group) => failureOf(client.subscribeToPersistentSubscriptionToAll(group));

describe.skipIf(!isEmbedded)('persistent subscriptions, of which only the embedded event store has none', () => {
  refuses('row 105: refuses to create a group', create());
  refuses(
    'row 106: refuses to change, delete, describe and replay a group, and to connect to it',
    ...[update, remove, info, replayParked, connect()],
  );
  refuses('row 107: refuses to create a group that starts with history', create({ startFrom: START }));
  refuses('row 108: refuses to collect events for a group before a consumer connects', create(), connect());
  refuses('row 109: refuses to confirm a consumer', connect(), connectToAll);
  refuses('row 110: refuses to deliver as much as the buffer of a consumer takes', connect(3));
  refuses('row 111: refuses to deliver again what a consumer rejects', create({ maxRetryCount: 2 }), connect());
  refuses('row 112: refuses to deliver again what is not acknowledged', create({ messageTimeout: 500 }), connect());
  refuses('row 113: refuses to skip what a consumer skips', create(), connect());
  refuses('row 114: refuses to park what a consumer parks', connect(), info);
  refuses('row 115: refuses to replay what was parked', replayParked);
  refuses('row 116: refuses to spread events over consumers', create({ consumerStrategyName: PINNED }));
  refuses('row 117: refuses to give another consumer what a lost one had', connect(), connect());
  refuses('row 118: refuses to limit the consumers of a group', create({ maxSubscriberCount: 1 }));
  refuses('row 119: refuses to drop consumers when their group is deleted or changed', remove, update, restart);
  refuses('row 120: refuses to go on from the checkpoint of a group', create({ checkPointUpperBound: 1 }), restart);
  refuses('row 121: refuses to tell the settings and figures of a group', info);
  refuses(
    'row 122: refuses to list groups',
    ...([
      (client, stream) => client.listPersistentSubscriptionsToStream(stream),
      (client) => client.listPersistentSubscriptionsToAll(),
      (client) => client.listAllPersistentSubscriptions(),
    ] satisfies Call[]),
  );
  refuses('row 123: refuses to create a filtered group for $all', createToAll());
  refuses('row 124: refuses to check the sizes of buffers', create({ readBatchSize: 20, historyBufferSize: 10 }));
  refuses(
    'row 125: refuses to start a group for $all at a position',
    createToAll({ startFrom: { commit: 1n, prepare: 1n } }),
  );
});
