// The promise of the event store, as something that a history keeps or breaks: what was answered stays, once, in order
// and at its place; what was shown to anybody stays as well. Knows no client and no clock, so that it can be tried with
// histories that break it.
import { createAnswerAudit } from './answer-audit.ts';
import type { LoggedEvent, Violation } from './history.ts';
import { createLogAudit } from './log-audit.ts';
import { createSubscriptionAudit } from './subscription-audit.ts';

export type Audit = ReturnType<typeof createAudit>;

/** More would be the same again, of a store that has lost its log. */
const violationsMax = 1_000;

export function createAudit() {
  const violations: Violation[] = [];
  const report = (violation: Violation) => {
    if (violations.length < violationsMax) violations.push(violation);
  };
  const answers = createAnswerAudit(report);
  const log = createLogAudit({ report, onStored: answers.stored });
  const subscription = createSubscriptionAudit(log.known, report);

  /** One reading of the log: from {@link lastPosition} on, that event included, or all of it. */
  function beginPass({ whole }: { whole: boolean }) {
    const pass = log.beginPass({ whole });
    const endOfAnswers = answers.beginPass();
    return {
      event: pass.event,
      end() {
        pass.end();
        endOfAnswers();
        subscription.compare();
      },
    };
  }

  return {
    report,
    violations: violations as readonly Violation[],
    answered: answers.answered,
    shown: (event: LoggedEvent) => subscription.shown(event),
    beginPass,
    endOfSubscription: subscription.end,
    lastPosition: () => log.known.at(-1)?.position,
    events: () => log.known.length,
    shownEvents: subscription.shownEvents,
    storedUnanswered: answers.storedUnanswered,
  };
}
