/** What the event store does to the disk, and what the crash matrix kills it before and after. */
export const durableSteps = ['write-transaction', 'sync', 'checkpoint'] as const;
export type DurableStep = (typeof durableSteps)[number];

/** Puts something around the function of a step, and gives it back as if nothing was. */
export type AroundStep = <Run extends (...args: never[]) => unknown>(step: DurableStep, run: Run) => Run;
