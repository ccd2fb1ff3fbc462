// Orders sent round again a few at first: if what made them fail is still there, the first ones show it, and the rest
// is spared. A step is over when each of its orders has come to an end, read from the API at or after the revision that
// the redrive wrote, since the view that it answers from may still show the old end.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiOrder, OrdersApi } from '../orders-api.ts';
import { callEach } from './bounded-calls.ts';
import { type Candidate, failureText, isSameFailure } from './candidates.ts';

export type CanaryDeps = {
  api: Pick<OrdersApi, 'find' | 'redrive'>;
  request: { by: string; reason: string };
  /** How long the orders of a step may take to come to their ends. */
  waitMs: number;
  /** Of which there is one for each step, and for each order that was left out. */
  writeLine: (line: string) => void;
};

export type CanaryEnd = {
  redriven: number;
  submitted: number;
  skipped: number;
  /** Why orders were left as they were; `null` when none was. */
  stopped: string | null;
};

const firstSteps = [1, 10];
const laterStep = 100;
const callsAtOnce = 8;
const firstPauseMs = 100;
const pauseMsMax = 2_000;

/** Counts into `end` as it goes, which so is right even when it throws. */
export async function redriveInSteps(
  candidates: readonly Candidate[],
  end: CanaryEnd,
  deps: CanaryDeps,
): Promise<void> {
  let from = 0;
  for (let number = 0; from < candidates.length; number += 1) {
    const step = candidates.slice(from, from + (firstSteps[number] ?? laterStep));
    from += step.length;
    const sent = await redriveAll(step, end, deps);
    const ends = await waitForEnds(sent, deps);
    end.submitted += ends.filter(({ order }) => order.status === 'submitted').length;
    deps.writeLine(`step ${number + 1}: ${outcomeOf(sent, ends)}`);
    end.stopped = reasonToStop(sent, ends, deps.waitMs);
    if (end.stopped !== null) return;
  }
}

/** An order that was sent round again, and the revision of its stream since when it is open. */
type Sent = { candidate: Candidate; revision: number };
type Ended = { candidate: Candidate; order: ApiOrder };

async function redriveAll(step: readonly Candidate[], end: CanaryEnd, { api, request, writeLine }: CanaryDeps) {
  const sent: Sent[] = [];
  await callEach(step, callsAtOnce, async (candidate) => {
    const answer = await api.redrive(candidate.id, request);
    if (answer.kind === 'redriven') {
      end.redriven += 1;
      sent.push({ candidate, revision: answer.order.revision });
    } else {
      end.skipped += 1;
      writeLine(`skipped ${candidate.id}: ${answer.why}`);
    }
  });
  return sent;
}

const ends: ReadonlySet<ApiOrder['status']> = new Set(['submitted', 'failed', 'in_doubt']);

async function waitForEnds(sent: readonly Sent[], { api, waitMs }: CanaryDeps): Promise<Ended[]> {
  const deadline = performance.now() + waitMs;
  const ended: Ended[] = [];
  let open = sent;
  for (let pauseMs = firstPauseMs; open.length > 0; pauseMs = Math.min(1.5 * pauseMs, pauseMsMax)) {
    const isLastLook = performance.now() >= deadline;
    const stillOpen: Sent[] = [];
    await callEach(open, callsAtOnce, async (one) => {
      const order = await api.find(one.candidate.id);
      if (order !== null && order.revision >= one.revision && ends.has(order.status))
        ended.push({ candidate: one.candidate, order });
      else stillOpen.push(one);
    });
    open = stillOpen;
    if (open.length === 0 || isLastLook) break;
    await sleep(Math.max(0, Math.min(pauseMs, deadline - performance.now())));
  }
  return ended;
}

function outcomeOf(sent: readonly Sent[], ended: readonly Ended[]): string {
  const counts = new Map<string, number>();
  for (const { order } of ended) counts.set(order.status, (counts.get(order.status) ?? 0) + 1);
  if (ended.length < sent.length) counts.set('still open', sent.length - ended.length);
  const parts = [...counts].map(([what, number]) => `${number} ${what.replace('_', ' ')}`);
  return [`${sent.length} redriven`, ...parts].join(', ');
}

function reasonToStop(sent: readonly Sent[], ended: readonly Ended[], waitMs: number): string | null {
  const repeated = ended.filter(({ candidate, order }) => isSameFailure(candidate.failure, order.failure));
  const [first] = repeated;
  if (first !== undefined) {
    const others = repeated.length > 1 ? ` So did ${repeated.length - 1} more.` : '';
    return `${first.candidate.id} ended as before: ${failureText(first.order.failure)}.${others}`;
  }
  if (ended.length === sent.length) return null;
  const known = new Set(ended.map(({ candidate }) => candidate.id));
  const open = sent.filter(({ candidate }) => !known.has(candidate.id)).map(({ candidate }) => candidate.id);
  const more = open.length > openListedMax ? ` and ${open.length - openListedMax} more` : '';
  return `still open after ${waitMs / 1_000} s: ${open.slice(0, openListedMax).join(', ')}${more}`;
}

const openListedMax = 10;
