// The promise of the embedded event store: what was answered stays, once, in order and at its place, whenever the
// process is killed. And the promise of the audit that looks after it: a history that breaks the promise is noticed.
import { describe, expect, it } from 'vitest';
import { createAudit } from '../src/event-store-torture/audit.ts';
import type { Answer, LoggedEvent, Violation } from '../src/event-store-torture/history.ts';
import { tortureEventStore } from '../src/event-store-torture.ts';

it('keeps every answered append once and in order, whenever the process is killed', { timeout: 300_000 }, async () => {
  const lines: string[] = [];
  // Of the moments that this seed chooses, eleven are at work, and there is one of each kind.
  const verdict = await tortureEventStore({ kills: 15, seed: 963, log: (line) => lines.push(line) });
  expect(verdict.violations, `${verdict.dataFolder}\n${lines.join('\n')}`).toEqual([]);
  expect(verdict.kills).toBeGreaterThanOrEqual(15);
  // Or nothing was survived.
  expect(verdict.killsInFlight).toBeGreaterThanOrEqual(10);
  expect(verdict.killsInCheckpoint).toBeGreaterThanOrEqual(1);
  expect(verdict.acknowledged).toBeGreaterThanOrEqual(200);
  expect(verdict.unknown).toBeGreaterThanOrEqual(verdict.killsInFlight);
  expect(verdict.events).toBeGreaterThanOrEqual(verdict.acknowledged);
});

/** What was answered and shown until an audit, and the log that the audit then found. */
type Chapter = { answers: Answer[]; shown: LoggedEvent[]; log: LoggedEvent[] };
type History = { before: Chapter; after: Chapter };

type Place = [position: bigint, revision: bigint];

const append = (name: string, stream: string, places: Place[]): LoggedEvent[] =>
  places.map(([position, revision], index) => {
    const id = `${name}-${index}`;
    return { append: name, stream, position, revision, id, index, size: places.length, intact: true };
  });

function answerTo(events: LoggedEvent[]): Answer {
  const [{ append: name, stream }, { revision, position }] = [events[0], events.at(-1)] as [LoggedEvent, LoggedEvent];
  return { append: name, stream, ids: events.map(({ id }) => id), revision, position, sentAfter: 0n };
}

const first = append('first', 'a', [[64n, 0n]]);
const second = append('second', 'b', [
  [200n, 0n],
  [300n, 1n],
  [400n, 2n],
]);
const third = append('third', 'a', [
  [500n, 1n],
  [600n, 2n],
]);
const earlier = [...first, ...second];

/** Two appends, an audit, a third append, and a second audit. */
const honest: History = {
  before: { answers: [answerTo(first), answerTo(second)], shown: earlier, log: earlier },
  after: { answers: [answerTo(third)], shown: third, log: [...earlier, ...third] },
};

const endingWith = (after: Partial<Chapter>): History => ({ ...honest, after: { ...honest.after, ...after } });
const untold = { answers: [], shown: [] };
const without = (events: LoggedEvent[], id: string) => events.filter((event) => event.id !== id);
const changed = (events: LoggedEvent[], id: string, change: Partial<LoggedEvent>) =>
  events.map((event) => (event.id === id ? { ...event, ...change } : event));

function violationsOf({ before, after }: History, { whole }: { whole: boolean }): readonly Violation[] {
  const audit = createAudit();
  for (const { answers, shown, log } of [before, after]) {
    answers.forEach(audit.answered);
    shown.forEach(audit.shown);
    const from = whole ? 0n : (audit.lastPosition() ?? 0n);
    const pass = audit.beginPass({ whole });
    log.filter(({ position }) => position >= from).forEach(pass.event);
    pass.end();
  }
  audit.endOfSubscription();
  return audit.violations;
}

type Doctored = { history: History; rule: string; expected: string; found: string };

const { log } = honest.after;
const doctored: Record<string, Doctored> = {
  'an event that was in the log and is lost': {
    history: endingWith({ log: without(log, 'second-1') }),
    rule: 'what was in the log stays',
    expected: '300: b@1 second-1',
    found: 'no such event',
  },
  'a lost end of the log': {
    history: endingWith({ ...untold, log: earlier.slice(0, -1) }),
    rule: 'what was in the log stays',
    expected: '400: b@2 second-2',
    found: 'no such event',
  },
  'an answered append that is lost': {
    history: endingWith({ shown: [], log: earlier }),
    rule: 'what was answered is there',
    expected: 'third in a up to revision 2, position 600',
    found: 'nothing of it',
  },
  'an event that was only shown and is lost': {
    history: endingWith({ answers: [], log: earlier }),
    rule: 'what was shown is in the log',
    expected: '500: a@1 third-0',
    found: 'the end of the log',
  },
  'an append that is there twice': {
    history: endingWith({
      log: [
        ...log,
        ...append('third', 'a', [
          [700n, 3n],
          [800n, 4n],
        ]),
      ],
    }),
    rule: 'an append is there once',
    expected: 'third once',
    found: 'again in a up to revision 4, position 800',
  },
  'an event that is there twice': {
    history: endingWith({ log: log.flatMap((event) => (event.id === 'third-1' ? [event, event] : [event])) }),
    rule: 'positions grow',
    expected: 'an event after 600: a@2 third-1',
    found: '600: a@2 third-1',
  },
  'an event that was in the log and has moved': {
    history: endingWith({ log: changed(log, 'second-2', { position: 401n }) }),
    rule: 'what was in the log stays',
    expected: '400: b@2 second-2',
    found: 'no such event',
  },
  'an append elsewhere than it was answered': {
    history: endingWith({ log: changed(log, 'third-1', { position: 601n }) }),
    rule: 'an append is stored as it was answered',
    expected: 'third in a up to revision 2, position 600',
    found: 'third in a up to revision 2, position 601',
  },
  'an append with another event than was sent': {
    history: endingWith({ log: changed(log, 'third-0', { id: 'stranger' }) }),
    rule: 'an append is stored as it was answered',
    expected: 'third-0 third-1',
    found: 'stranger third-1',
  },
  'a position that was given to another event': {
    history: endingWith({ log: changed(log, 'second-2', { id: 'stranger' }) }),
    rule: 'a position is given once',
    expected: '400: b@2 second-2',
    found: '400: b@2 stranger',
  },
  'a position that was given again after it had been answered': {
    history: endingWith({ answers: [{ ...answerTo(third), sentAfter: 600n }] }),
    rule: 'positions grow',
    expected: 'a position after 600',
    found: 'third in a up to revision 2, position 600',
  },
  'the first half of an append': {
    history: endingWith({ ...untold, log: without(log, 'third-1') }),
    rule: 'an append is whole or absent',
    expected: '2 events of third in a',
    found: '1, then the end of the log',
  },
  'the second half of an append': {
    history: endingWith({ ...untold, log: without(log, 'third-0') }),
    rule: 'an append is whole or absent',
    expected: '2 events of third in a',
    found: '0, then number 1 of it',
  },
  'an append between the events of another': {
    history: endingWith({
      log: [...earlier, ...changed(third, 'third-1', { position: 700n }), ...append('fourth', 'c', [[600n, 0n]])].sort(
        (a, b) => Number(a.position - b.position),
      ),
    }),
    rule: 'an append is whole or absent',
    expected: '2 events of third in a',
    found: '1, then 600: c@0 fourth-0',
  },
  'two events that have changed places': {
    history: endingWith({
      log: changed(changed(log, 'second-0', { position: 300n, revision: 1n }), 'second-1', {
        position: 200n,
        revision: 0n,
      }).sort((a, b) => Number(a.position - b.position)),
    }),
    rule: 'a position is given once',
    expected: '200: b@0 second-0',
    found: '200: b@0 second-1',
  },
  'a log that is not read in the order of its positions': {
    history: endingWith({ log: [...earlier, ...third.toReversed()] }),
    rule: 'positions grow',
    expected: 'an event after 600: a@2 third-1',
    found: '500: a@1 third-0',
  },
  'a new event in the middle': {
    history: endingWith({ log: log.toSpliced(2, 0, ...append('fourth', 'c', [[250n, 0n]])) }),
    rule: 'what is new comes at the end',
    expected: 'nothing new before 300: b@1 second-1',
    found: '250: c@0 fourth-0',
  },
  'a gap in the revisions': {
    history: endingWith({ log: changed(changed(log, 'third-0', { revision: 2n }), 'third-1', { revision: 3n }) }),
    rule: 'revisions have no gap',
    expected: 'a@1',
    found: '500: a@2 third-0',
  },
  'data that its writer did not send': {
    history: endingWith({ log: changed(log, 'third-0', { intact: false }) }),
    rule: 'data is kept',
    expected: 'the checksum of its writer',
    found: '500: a@1 third-0',
  },
  'data that was shown otherwise than it was sent': {
    history: endingWith({ shown: changed(third, 'third-1', { intact: false }) }),
    rule: 'data is kept',
    expected: 'the checksum of its writer',
    found: '600: a@2 third-1',
  },
  'a subscription that ends too early': {
    history: endingWith({ shown: third.slice(0, -1) }),
    rule: 'a subscription shows every event',
    expected: '600: a@2 third-1',
    found: 'nothing',
  },
  'an event that was not shown': {
    history: endingWith({ shown: without(third, 'third-0') }),
    rule: 'a subscription shows every event',
    expected: '500: a@1 third-0',
    found: 'next 600: a@2 third-1',
  },
  'an event that was shown twice': {
    history: endingWith({ shown: [...third, ...third.slice(-1)] }),
    rule: 'what was shown is in the log',
    expected: '600: a@2 third-1',
    found: 'the end of the log',
  },
};

describe('the audit', () => {
  it.each([true, false])('finds nothing wrong with an honest history, read whole: %s', (whole) => {
    expect(violationsOf(honest, { whole })).toEqual([]);
    // An outcome that nobody learnt is no violation, neither stored nor absent.
    expect(violationsOf(endingWith({ answers: [] }), { whole })).toEqual([]);
    expect(violationsOf(endingWith({ ...untold, log: earlier }), { whole })).toEqual([]);
  });

  it.each(Object.entries(doctored))('notices %s', (_name, { history, rule, expected, found }) => {
    const [containsExpected, containsFound] = [expect.stringContaining(expected), expect.stringContaining(found)];
    expect(violationsOf(history, { whole: true })).toContainEqual({
      rule,
      expected: containsExpected,
      found: containsFound,
    });
  });

  it('notices the loss of the last event that it knows without reading the log from its start', () => {
    const history = endingWith({ log: without(log, 'second-2') });
    expect(violationsOf(history, { whole: false })).toContainEqual({
      rule: 'what was in the log stays',
      expected: '400: b@2 second-2',
      found: 'no such event',
    });
  });
});
