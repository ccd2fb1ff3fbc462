// When a filtered subscription tells its client how far it has come: once where history ends, and each time that as
// many events as the client's interval were looked at. A checkpoint at P promises that every matching event up to P was
// sent before.
import type { EventFilter } from './event-filter.ts';

export type Checkpoints = Readonly<{
  /** The position to report after this event was looked at, and sent if it matched. */
  afterEvent: (position: number, matched: boolean) => number | undefined;
  atEndOfHistory: () => number | undefined;
}>;

/**
 * `historyFrom` is the first position of the history to send, `undefined` for a subscription that starts at the end.
 */
export function createCheckpoints({ checkpointInterval }: EventFilter, historyFrom: number | undefined): Checkpoints {
  const hasHistory = historyFrom !== undefined;
  const startsBehind = historyFrom === undefined || historyFrom === 0 ? undefined : historyFrom - 1;
  let lastMatch = startsBehind;
  let lastCheckpoint = 0;
  let eventsSince = 0;

  function report(position: number | undefined): number | undefined {
    if (position === undefined || position <= lastCheckpoint) return undefined;
    lastCheckpoint = position;
    return position;
  }

  return {
    afterEvent(position, matched) {
      if (matched) lastMatch = position;
      eventsSince += 1;
      if (eventsSince < checkpointInterval) return undefined;
      eventsSince = 0;
      return report(position);
    },
    atEndOfHistory() {
      eventsSince = 0;
      // Where nothing matched there is nothing to report; EventStoreDB 24 sends a position past the end, which loses
      // events.
      return hasHistory ? report(lastMatch) : undefined;
    },
  };
}
