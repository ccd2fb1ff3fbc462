// Whether the event store answers: what the API needs to keep its promise, and all that it needs.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStoreConnection } from '@orders/order-store/event-store-connection';

type Observer = Pick<EventStoreConnection, 'answered' | 'failed'>;

const warmUpPauseMs = 500;

/** `read` is any cheap read. How it went is told to the connection, so that asking also repairs. Never rejects. */
export const eventStoreAnswers = (read: () => Promise<unknown>, connection: Observer) => async (): Promise<boolean> => {
  try {
    await read();
    connection.answered();
    return true;
  } catch (error) {
    connection.failed(error);
    return false;
  }
};

/** Opens the connection before the first client needs it. Resolves once the event store answered, or on the signal. */
export async function warmUp(
  answers: () => Promise<boolean>,
  signal: AbortSignal,
  pauseMs = warmUpPauseMs,
): Promise<void> {
  while (!signal.aborted && !(await answers())) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
}
