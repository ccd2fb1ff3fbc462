// Whether an export was made of the event store that is asked now. Its name tells, where both have one; and what the
// export holds last must still stand where it stood, which a store that was wiped, or restored, cannot pretend.
import { type EventStoreDBClient, FORWARDS } from '@eventstore/db-client';
import { readIdentity } from '@orders/order-store/store-identity';
import { askEventStore } from '../event-store.ts';
import { UnusableInputError } from '../failures.ts';
import type { ExportManifest } from './manifest.ts';
import { positionAt } from './position-at.ts';

/** Resolves to the name of the store. Throws {@link UnusableInputError} for another store. */
export function checkSameStore(
  client: EventStoreDBClient,
  folder: string,
  { store_id, events }: ExportManifest,
): Promise<string | null> {
  return askEventStore(async () => {
    const now = await readIdentity(client);
    const last = events.at(-1);
    const isSame = store_id === null || now === null || store_id === now;
    if (!isSame || (last !== undefined && !(await stands(client, last.last_position, last.last_event_id))))
      throw new UnusableInputError(`${folder} holds an export of another event store: name another folder`);
    return now ?? store_id;
  });
}

async function stands(client: EventStoreDBClient, position: string, eventId: string): Promise<boolean> {
  try {
    const read = client.readAll({ direction: FORWARDS, fromPosition: positionAt(position), maxCount: 1 });
    const [found] = await Array.fromAsync(read);
    return found?.event?.id === eventId;
  } catch (error) {
    // What an event store says to a position at which nothing stands.
    if (error instanceof Error && /invalid ?position/i.test(error.message)) return false;
    throw error;
  }
}
