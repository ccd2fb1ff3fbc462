// Who reads history takes turns with all others who do: a thousand that catch up at once take as much of the event loop
// as a few, and appends go on beside them.

/** Resolves when the caller may read its next page; first come, first served. */
export type ReaderTurns = () => Promise<void>;

/** So many pages between two looks at what else there is to do: some milliseconds at most. */
const pagesPerTurn = 4;

export function createReaderTurns(): ReaderTurns {
  const waiting: (() => void)[] = [];
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(admit);
  }

  function admit(): void {
    isScheduled = false;
    for (const resolve of waiting.splice(0, pagesPerTurn)) resolve();
    if (waiting.length > 0) schedule();
  }

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      schedule();
    });
}
