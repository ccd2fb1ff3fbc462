// The client of the event store, replaced when it can no longer recover by itself: once it failed to discover a server,
// its appends fail for ever; and it never settles an append whose answer does not come, nor frees what it keeps for it.
import type { EventStoreDBClient } from '@eventstore/db-client';
import { decodeBase64Early } from './byte-fields.ts';
import { NoAnswerError, withinMs } from './deadline.ts';
import { dropLateAnswers } from './late-answers.ts';

export type EventStoreConnection = {
  client: () => EventStoreDBClient;
  /** A call was answered: the client works. */
  answered: () => void;
  /**
   * A call failed, or was not answered in time. What began (by `performance.now()`) before the client was replaced says
   * nothing about the new one.
   */
  failed: (error: unknown, begunAtMs?: number) => void;
  /** Rejects when the client does not let go of its calls within 2 s. */
  close: () => Promise<void>;
};

type ConnectionOptions = { createClient: () => EventStoreDBClient; onReplaced: (reason: string) => void };

const disposeWithinMs = 2_000;

// Enough to tell one lost answer from a connection that leads nowhere.
const consecutiveTimeoutsMax = 16;

export function connectEventStore({ createClient, onReplaced }: ConnectionOptions): EventStoreConnection {
  dropLateAnswers();
  decodeBase64Early();
  let client = createClient();
  let consecutiveTimeouts = 0;
  let replacedAtMs = Number.NEGATIVE_INFINITY;

  function replace(reason: string) {
    const abandoned = client;
    client = createClient();
    consecutiveTimeouts = 0;
    replacedAtMs = performance.now();
    onReplaced(reason);
    abandoned.dispose().catch((error: unknown) => onReplaced(`disposing the former client: ${String(error)}`));
  }

  return {
    client: () => client,
    answered: () => {
      consecutiveTimeouts = 0;
    },
    failed: (error, begunAtMs = Number.POSITIVE_INFINITY) => {
      if (begunAtMs <= replacedAtMs) return;
      if (error instanceof NoAnswerError) {
        consecutiveTimeouts += 1;
        if (consecutiveTimeouts >= consecutiveTimeoutsMax)
          replace(`${consecutiveTimeouts} calls in a row without answer`);
      } else if (foundNoNode(error)) {
        replace(noNodeFound);
      }
    },
    close: () => withinMs(disposeWithinMs, client.dispose()),
  };
}

/** What the client has found out, in words that lead somewhere: why each node was passed over, it keeps to itself. */
export const noNodeFound = 'no node of the event store was found: none answers, or none that tlsCaFile vouches for';

export const foundNoNode = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Failed to discover');

/**
 * Whether an unhandled rejection is one that the client lets escape when its batch stream breaks under load: the write
 * of an append that waited for its turn. The append itself stays pending, runs into its time limit and is sent again.
 */
export function isAbandonedWrite(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && 'details' in reason && 'metadata' in reason;
}
