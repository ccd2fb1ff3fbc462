// A subscription with a memory: everything that it was told, in the order in which it was told.
import type { AllStreamSubscription, Position, StreamSubscription } from '@eventstore/db-client';

export type Heard =
  | 'confirmation'
  | 'caughtUp'
  | 'end'
  | { event: string; revision: number }
  | { checkpoint: bigint }
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
    errors: () => only('error').map(({ error }) => error),
    isCaughtUp: () => heard.includes('caughtUp'),
  };
}

/** A `checkpointReached` that writes into the memory which is then given to {@link follow}. */
export const checkpointRecorder =
  (heard: Heard[]) =>
  async (_subscription: unknown, { commit }: Position) => {
    heard.push({ checkpoint: commit });
  };
