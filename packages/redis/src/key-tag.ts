/**
 * What every key of the gateway begins with. The braces put all of them, the queue's too, into one slot, so that a
 * script may touch several; and one fate, so that the checkpoint is never more durable than what it vouches for.
 */
export const keyPrefix = (tag: string): string => `{${tag}}`;
