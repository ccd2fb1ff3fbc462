// Holds the log against what was answered: every acknowledged append is there, where the answer said. Answer and log
// may come to the audit in either order; what has met is forgotten.
import { type Answer, describeAppend, type Report, type StoredAppend } from './history.ts';

export function createAnswerAudit(report: Report) {
  const missing = new Map<string, Answer>();
  const unanswered = new Map<string, StoredAppend>();

  function compare(answer: Answer, stored: StoredAppend): void {
    const expected = describeAppend(answer);
    const found = describeAppend(stored);
    if (found !== expected) report({ rule: 'an append is stored as it was answered', expected, found });
  }

  return {
    answered(answer: Answer): void {
      if (answer.position <= answer.sentAfter) {
        const expected = `a position after ${answer.sentAfter}, which was answered before the append was sent`;
        report({ rule: 'positions grow', expected, found: describeAppend(answer) });
      }
      const stored = unanswered.get(answer.append);
      if (stored === undefined) missing.set(answer.append, answer);
      else compare(answer, stored);
      unanswered.delete(answer.append);
    },
    stored(stored: StoredAppend): void {
      const answer = missing.get(stored.append);
      if (answer === undefined) unanswered.set(stored.append, stored);
      else compare(answer, stored);
      missing.delete(stored.append);
    },
    /** What is answered now must be found until the function that this returns is called, at the end of the pass. */
    beginPass(): () => void {
      const due = [...missing.values()];
      return () => {
        for (const answer of due) {
          if (!missing.delete(answer.append)) continue;
          const expected = describeAppend(answer);
          report({ rule: 'what was answered is there', expected, found: 'nothing of it' });
        }
      };
    },
    /** Appends that stand in the log although nobody was told so. */
    storedUnanswered: () => unanswered.size,
  };
}
