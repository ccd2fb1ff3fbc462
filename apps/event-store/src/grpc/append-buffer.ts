// The events of one append while its frames arrive, and the limit on them.
import { type ProposedEvent, recordSize } from '../storage/events.ts';
import { type ProposedMessage, proposedEvent } from './requests.ts';

export type AppendBuffer = {
  readonly events: readonly ProposedEvent[];
  /** All that the events keep in memory. */
  readonly heldBytes: () => number;
  readonly isTooLarge: () => boolean;
  /** Throws a GrpcFailure for a message that cannot be understood. */
  readonly add: (message: ProposedMessage) => void;
};

/** The most bytes of data in one append; nothing else is counted, as in EventStoreDB up to 24.10.3. */
export const appendBytesMax = 1_048_576;
/** Events without data would never reach that limit: what EventStoreDB takes in one frame is enough for one append. */
const heldBytesMax = 16_767_216;

export function createAppendBuffer(): AppendBuffer {
  const events: ProposedEvent[] = [];
  let dataBytes = 0;
  let heldBytes = 0;
  return {
    events,
    heldBytes: () => heldBytes,
    isTooLarge: () => dataBytes > appendBytesMax || heldBytes > heldBytesMax,
    add(message) {
      const event = proposedEvent(message);
      events.push(event);
      dataBytes += event.data.length;
      heldBytes += recordSize('', event);
    },
  };
}
