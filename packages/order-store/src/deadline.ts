/** Not answered within the time that was given; what it did meanwhile is not known. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Bounds the wait for `work`, not the work itself: the client of the event store has no deadline that does. */
export async function withinMs<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
