import { durableSteps } from './storage/durable-steps.ts';

/** What the crash matrix kills the event store before and after. */
export const eventStoreSteps = durableSteps.map((step) => `event-store.${step}` as const);
export type EventStoreStep = (typeof eventStoreSteps)[number];
