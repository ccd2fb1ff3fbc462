// Holds the log against what a subscriber to $all was shown: the same events in the same order, none left out, none
// shown that is not there. The subscriber may be ahead of the audit, or behind it.
import { describeEvent, type LoggedEvent, type Report } from './history.ts';

type LogSoFar = readonly Readonly<{ position: bigint; description: string }>[];

export function createSubscriptionAudit(log: LogSoFar, report: Report) {
  const ahead: LoggedEvent[] = [];
  let compared = 0;
  let shownEvents = 0;

  function compare(shown: LoggedEvent): void {
    const found = describeEvent(shown);
    for (; compared < log.length; compared += 1) {
      const logged = log[compared];
      if (logged === undefined || logged.position >= shown.position) break;
      report({ rule: 'a subscription shows every event', expected: logged.description, found: `next ${found}` });
    }
    const logged = log[compared];
    if (logged?.description === found) {
      compared += 1;
      return;
    }
    const expected = `the log with ${found}`;
    report({ rule: 'what was shown is in the log', expected, found: logged?.description ?? 'the end of the log' });
    if (logged?.position === shown.position) compared += 1;
  }

  function catchUp({ toTheEnd }: { toTheEnd: boolean }): void {
    const end = log.at(-1)?.position ?? -1n;
    const comparable = toTheEnd ? ahead.length : ahead.findIndex(({ position }) => position > end);
    ahead.splice(0, comparable < 0 ? ahead.length : comparable).forEach(compare);
  }

  return {
    shown(event: LoggedEvent): void {
      shownEvents += 1;
      ahead.push(event);
      if (event.intact) return;
      report({ rule: 'data is kept', expected: 'the checksum of its writer', found: describeEvent(event) });
    },
    /** After each pass over the log. */
    compare: () => catchUp({ toTheEnd: false }),
    /** Once the subscriber has had its time, and the log is known to its end. */
    end(): void {
      catchUp({ toTheEnd: true });
      for (const { description } of log.slice(compared)) {
        report({ rule: 'a subscription shows every event', expected: description, found: 'nothing' });
      }
    },
    shownEvents: () => shownEvents,
  };
}
