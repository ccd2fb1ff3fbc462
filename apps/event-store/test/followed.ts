// A subscription with a memory: everything that it was told, in the order in which it was told.
import type { AllStreamSubscription, Position, StreamSubscription } from '@eventstore/db-client';
import { onTestFinished, vi } from 'vitest';

export type Heard =
  | 'confirmation'
  | 'caughtUp'
  | 'end'
  | { event: string; revision: number }
  | { checkpoint: Position }
  | { error: unknown };

export type Followed = ReturnType<typeof follow>;

type Subscription = StreamSubscription | AllStreamSubscription;

/** `checkpoints` takes what a `checkpointReached` callback was given: see {@link checkpointRecorder}. */
export function follow(subscription: Subscription, heard: Heard[] = []) {
  const source = subscription as AllStreamSubscription;
  source.on('confirmation', () => heard.push('confirmation'));
  source.on('caughtUp', () => heard.push('caughtUp'));
  source.on('end', () => heard.push('end'));
  source.on('error', (error) => heard.push({ error }));
  source.on('data', ({ event }) => {
    if (event !== undefined) heard.push({ event: event.id, revision: Number(event.revision) });
  });
  const only = <Kind extends 'event' | 'checkpoint' | 'error'>(kind: Kind) =>
    heard.filter((entry): entry is Extract<Heard, Record<Kind, unknown>> => typeof entry === 'object' && kind in entry);
  return {
    subscription,
    heard,
    ids: () => only('event').map(({ event }) => event),
    revisions: () => only('event').map(({ revision }) => revision),
    checkpoints: () => only('checkpoint').map(({ checkpoint }) => checkpoint),
    commits: () => only('checkpoint').map(({ checkpoint }) => checkpoint.commit),
    /** Those of `ids` that were told of, in the order of the telling: to $all others may append as well. */
    told: (ids: readonly string[]) => only('event').flatMap(({ event }) => (ids.includes(event) ? [event] : [])),
    errors: () => only('error').map(({ error }) => error),
    isCaughtUp: () => heard.includes('caughtUp'),
  };
}

/** A `checkpointReached` that writes into the memory which is then given to {@link follow}. */
export const checkpointRecorder = (heard: Heard[]) => async (_subscription: unknown, checkpoint: Position) => {
  heard.push({ checkpoint });
};

export const generously = { timeout: 20_000 };

export const caughtUp = (followed: Followed) => vi.waitUntil(followed.isCaughtUp, generously);

/** Follows until the test is over. */
export function following(subscription: Subscription, heard?: Heard[]): Followed {
  const followed = follow(subscription, heard);
  onTestFinished(() => followed.subscription.unsubscribe());
  return followed;
}
