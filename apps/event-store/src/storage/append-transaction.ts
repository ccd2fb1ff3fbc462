// The appends of one transaction, each decided on top of the ones before it. Nothing here outlives a transaction that
// fails: positions are handed out from a start that the caller moves on only after the commit.
import { decideAppend } from './append-decision.ts';
import type { EventLog } from './event-log.ts';
import type { AppendOutcome, AppendRequest, ProposedEvent, RecordedEvent } from './events.ts';
import { recordSize } from './events.ts';
import type { RecentIds } from './recent-ids.ts';

type Start = { position: number; createdMs: number };

export function createAppendTransaction(log: EventLog, recentIds: RecentIds, { position, createdMs }: Start) {
  const written: RecordedEvent[] = [];
  let endPosition = position;

  function insert(stream: string, number: number, event: ProposedEvent): void {
    const recorded: RecordedEvent = { ...event, stream, number, position: endPosition, createdMs };
    log.insert(recorded);
    recentIds.stage(stream, event.id, number);
    written.push(recorded);
    endPosition += recordSize(stream, event);
  }

  function append({ stream, expected, events }: AppendRequest): AppendOutcome {
    const last = log.lastNumber(stream);
    const ids = events.map(({ id }) => id);
    const decision = decideAppend(expected, ids, {
      last,
      hasMetadata: () => log.lastNumber(`$$${stream}`) >= 0,
      idAt: (number) => log.find(stream, number)?.id,
      recentNumber: (id) => recentIds.numberOf(stream, id),
    });
    switch (decision.kind) {
      case 'wrong-expected-version':
        return { kind: 'wrong-expected-version', actual: last };
      case 'repeat':
        return {
          kind: 'success',
          revision: decision.revision,
          position: log.find(stream, decision.revision)?.position,
        };
      case 'accept': {
        for (const [index, event] of events.entries()) insert(stream, last + 1 + index, event);
        // Without events, below the position of the next one: who reads on after the answer must not miss that.
        return {
          kind: 'success',
          revision: last + events.length,
          position: written.at(-1)?.position ?? endPosition - 1,
        };
      }
    }
  }

  return { append, written, endPosition: () => endPosition };
}
