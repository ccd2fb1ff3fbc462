import { eventStoreSettings } from '@orders/config/settings';
import { type EventStoreConnection, foundNoNode, noNodeFound } from '@orders/order-store/event-store-connection';
import { openEventStore } from '@orders/order-store/open-event-store';
import type { CommandContext } from './command-context.ts';
import { type Setting, settingOf } from './command-settings.ts';
import { UnreachableError, UnusableInputError } from './failures.ts';

const setting: Setting = {
  variable: 'EVENTSTORE_URL',
  option: '--eventstore',
  schema: eventStoreSettings.EVENTSTORE_URL,
  meaning: 'a connection string such as esdb://127.0.0.1:2113?tls=false',
};

export const eventStoreOption = [
  '--eventstore <url>',
  'connection string (EVENTSTORE_URL, esdb://127.0.0.1:2113?tls=false)',
] as const;

export type EventStoreFlags = { eventstore?: string };

/** Connected while `use` runs. */
export async function withEventStore<T>(
  { eventstore }: EventStoreFlags,
  { env }: Pick<CommandContext, 'env'>,
  use: (connection: EventStoreConnection) => Promise<T>,
): Promise<T> {
  const url = settingOf(setting, eventstore, env);
  const steps: (() => unknown)[] = [];
  const connection = openEventStore({
    url,
    log: { warn: () => undefined },
    onStop: (_name, step) => void steps.push(step),
  });
  try {
    return await use(connection);
  } finally {
    // A client that failed may not be able to close in time, which changes nothing about the result.
    await Promise.allSettled(steps.map((step) => step()));
  }
}

/** Whatever fails in there is the event store's fault, unless it is the caller's. */
export async function askEventStore<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof UnusableInputError || error instanceof UnreachableError) throw error;
    throw new UnreachableError('the event store', foundNoNode(error) ? new Error(noNodeFound) : error);
  }
}
