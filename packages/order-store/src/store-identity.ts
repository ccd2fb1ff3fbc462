// Which event store this is. What is derived from one must not be read as if it came from another, say after its data
// folder was wiped, so the store carries a name of its own: the id in the first event of a stream of that purpose.
import { randomUUID } from 'node:crypto';
import {
  BACKWARDS,
  END,
  type EventStoreDBClient,
  jsonEvent,
  NO_STREAM,
  START,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { withinMs } from './deadline.ts';
import type { LogPosition } from './order-store.ts';

// No order stream: it does not begin with their prefix.
const identityStream = 'gateway-store_identity';
const answerWithinMs = 5_000;

/** The id of the event store, given to it on the first call. Rejects when it does not answer within 5 s. */
export async function identifyStore(client: EventStoreDBClient): Promise<string> {
  const known = await withinMs(answerWithinMs, readIdentity(client));
  if (known !== null) return known;
  const identified = jsonEvent({ type: 'StoreIdentified', data: { store_id: randomUUID() } });
  const options = { expectedRevision: NO_STREAM } as const;
  await withinMs(answerWithinMs, client.appendToStream(identityStream, identified, options)).catch((error: unknown) => {
    if (!(error instanceof WrongExpectedVersionError)) throw error;
  });
  const given = await withinMs(answerWithinMs, readIdentity(client));
  if (given === null) throw new Error(`${identityStream} is empty after an append to it`);
  return given;
}

/** Where the newest event of the whole log stands; `null` in an empty store. Rejects when there is no answer in 5 s. */
export async function readLogEnd(client: EventStoreDBClient): Promise<LogPosition | null> {
  const newest = Array.fromAsync(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
  return (await withinMs(answerWithinMs, newest))[0]?.event?.position ?? null;
}

/** The id that the event store was given; `null` while it has none. For those who only look. */
export async function readIdentity(client: EventStoreDBClient): Promise<string | null> {
  try {
    const options = { fromRevision: START, maxCount: 1 } as const;
    // Read to its end: the client does not let go of a read that is left early, not even when it is disposed of.
    const [first] = await Array.fromAsync(client.readStream<StoreIdentified>(identityStream, options));
    return first?.event?.data.store_id ?? null;
  } catch (error) {
    if (error instanceof StreamNotFoundError) return null;
    throw error;
  }
}

type StoreIdentified = { type: 'StoreIdentified'; data: { store_id: string } };
