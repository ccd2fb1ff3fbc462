// Holds the log against itself: what one audit saw is in the next, in front of everything that is new, and what is new
// is in order, whole, numbered without a gap, and there once. Keeps one line for each event, to be able to name it.
import { describeEvent, type LoggedEvent, type Report, type StoredAppend } from './history.ts';

type KnownEvent = { position: bigint; description: string };

type LogAuditDeps = {
  report: Report;
  /** Called for each append that is complete in the log, in the order of the log. */
  onStored: (append: StoredAppend) => void;
};

export type LogPass = { event: (event: LoggedEvent) => void; end: () => void };

export function createLogAudit({ report, onStored }: LogAuditDeps) {
  const known: KnownEvent[] = [];
  const checkNew = createNewEventCheck(report, onStored);

  /** The events from the last known one on, that one included; the `whole` log from its start. */
  function beginPass({ whole }: { whole: boolean }): LogPass {
    const knownBefore = known.length;
    let next = whole ? 0 : Math.max(knownBefore - 1, 0);
    let before: LoggedEvent | undefined;

    function reportLostBefore(position: bigint | undefined): void {
      for (; next < knownBefore; next += 1) {
        const event = known[next];
        if (event === undefined || (position !== undefined && event.position >= position)) return;
        report({ rule: 'what was in the log stays', expected: event.description, found: 'no such event' });
      }
    }

    function event(found: LoggedEvent): void {
      const description = describeEvent(found);
      if (before !== undefined && found.position <= before.position) {
        const expected = `an event after ${describeEvent(before)}`;
        report({ rule: 'positions grow', expected, found: description });
        return;
      }
      before = found;
      if (!found.intact) report({ rule: 'data is kept', expected: 'the checksum of its writer', found: description });
      reportLostBefore(found.position);
      const expected = next < knownBefore ? known[next] : undefined;
      if (expected === undefined) {
        known.push({ position: found.position, description });
        checkNew.event(found);
      } else if (expected.position > found.position) {
        const end = `nothing new before ${expected.description}`;
        report({ rule: 'what is new comes at the end', expected: end, found: description });
      } else {
        next += 1;
        if (description === expected.description) return;
        report({ rule: 'a position is given once', expected: expected.description, found: description });
      }
    }

    function end(): void {
      reportLostBefore(undefined);
      checkNew.end();
    }

    return { event, end };
  }

  return { beginPass, known: known as readonly Readonly<KnownEvent>[] };
}

function createNewEventCheck(report: Report, onStored: (append: StoredAppend) => void) {
  const revisions = new Map<string, bigint>();
  const stored = new Set<string>();
  let open: { first: LoggedEvent; ids: string[] } | undefined;

  function checkRevision(event: LoggedEvent): void {
    const expected = (revisions.get(event.stream) ?? -1n) + 1n;
    revisions.set(event.stream, event.revision);
    if (event.revision === expected) return;
    const found = describeEvent(event);
    report({ rule: 'revisions have no gap', expected: `${event.stream}@${expected}`, found });
  }

  function reportHalf({ first, ids }: { first: LoggedEvent; ids: string[] }, found: string): void {
    const expected = `${first.size} events of ${first.append} in ${first.stream} side by side`;
    report({ rule: 'an append is whole or absent', expected, found: `${ids.length}, then ${found}` });
  }

  function event(found: LoggedEvent): void {
    checkRevision(found);
    const { append, index, size, stream } = found;
    const goesOn =
      open !== undefined && open.first.append === append && open.first.stream === stream && open.ids.length === index;
    if (!goesOn) {
      if (open !== undefined) reportHalf(open, describeEvent(found));
      open = { first: found, ids: [] };
      if (index > 0) reportHalf(open, `number ${index} of it, ${describeEvent(found)}`);
    }
    open?.ids.push(found.id);
    if (open !== undefined && index === size - 1) complete(found, open.ids);
  }

  function complete({ append, stream, revision, position }: LoggedEvent, ids: string[]): void {
    open = undefined;
    if (stored.has(append)) {
      const found = `again in ${stream} up to revision ${revision}, position ${position}`;
      report({ rule: 'an append is there once', expected: `${append} once`, found });
      return;
    }
    stored.add(append);
    onStored({ append, stream, ids, revision, position });
  }

  function end(): void {
    if (open !== undefined) reportHalf(open, 'the end of the log');
    open = undefined;
  }

  return { event, end };
}
