// The order store in memory: the same contract, for tests of what stands on it. Keeps the answers that EventStoreDB
// gives.
import { foldOrder } from '@orders/domain/order';
import { encodeEvents } from './event-codec.ts';
import type { Append, AppendResult, LoadedOrder, OrderStore, RecordedOrderEvent } from './order-store.ts';
import { schemaVersionOf } from './upcast.ts';

export function memoryOrderStore(now: () => Date = () => new Date()): OrderStore & { log: RecordedOrderEvent[] } {
  const log: RecordedOrderEvent[] = [];
  const streamOf = (orderId: string) => log.filter((recorded) => recorded.orderId === orderId);

  async function append(append: Append): Promise<AppendResult> {
    const { orderId, expectedRevision } = append;
    const stream = streamOf(orderId);
    const first = expectedRevision === 'no_stream' ? 0 : Number(expectedRevision) + 1;
    const ids = encodeEvents(append).map(({ id }) => id);
    if (first < stream.length) {
      const repeated = stream.slice(first, first + ids.length);
      const last = repeated.at(-1);
      const isRepeat = repeated.length === ids.length && repeated.every(({ id }, index) => id === ids[index]);
      return isRepeat && last !== undefined
        ? { kind: 'stored', revision: last.revision, position: last.position }
        : { kind: 'conflict' };
    }
    if (first > stream.length) return { kind: 'conflict' };
    const recorded = append.events.map((event, index): RecordedOrderEvent => {
      const { correlationId, causationId, traceparent } = append.context;
      const commit = BigInt(log.length + index + 1) * 100n;
      const schema_version = schemaVersionOf(event.type);
      const metadata = { $correlationId: correlationId, $causationId: causationId, schema_version };
      return {
        event: structuredClone(event),
        id: ids[index] ?? '',
        orderId,
        revision: BigInt(first + index),
        position: { commit, prepare: commit },
        recordedAt: now(),
        metadata: traceparent === undefined ? metadata : { ...metadata, traceparent },
      };
    });
    log.push(...recorded);
    const last = recorded.at(-1);
    if (last === undefined) throw new Error('an append without events states nothing');
    return { kind: 'stored', revision: last.revision, position: last.position };
  }

  async function load(orderId: string): Promise<LoadedOrder> {
    const history = streamOf(orderId);
    const order = foldOrder(history.map(({ event }) => event));
    return { order, revision: history.at(-1)?.revision ?? 'no_stream', history };
  }

  return { append, load, log };
}
