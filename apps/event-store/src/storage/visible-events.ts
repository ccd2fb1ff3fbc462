// Which events of a stream its metadata leaves for readers. The log keeps the others, and $all goes on showing them.
import { noEvents, ownerOf, type RecordedEvent } from './events.ts';
import type { StreamMetadata } from './stream-metadata.ts';

/** Events from this number on, and not older than this time, are shown. */
export type VisibleRange = Readonly<{ fromNumber: number; createdFromMs: number }>;

type Key = Pick<RecordedEvent, 'stream' | 'number' | 'createdMs'>;

/** `last` is the number of the stream's newest event. `undefined` where nothing is shown: the stream was deleted. */
export function visibleRange(
  stream: string,
  last: number,
  metadata: StreamMetadata,
  nowMs: number,
): VisibleRange | undefined {
  const { truncateBefore, maxAgeSeconds } = metadata;
  if (truncateBefore === 'everything' || last === noEvents) return undefined;
  const maxCount = ownerOf(stream) === undefined ? metadata.maxCount : 1; // Of metadata only the newest counts.
  const oldestCounted = maxCount === undefined ? 0 : last - maxCount + 1;
  return {
    fromNumber: Math.max(0, truncateBefore, oldestCounted),
    createdFromMs: maxAgeSeconds === undefined ? 0 : nowMs - maxAgeSeconds * 1_000,
  };
}

export function isVisible(event: Key, last: number, metadata: StreamMetadata, nowMs: number): boolean {
  const range = visibleRange(event.stream, last, metadata, nowMs);
  return range !== undefined && event.number >= range.fromNumber && event.createdMs >= range.createdFromMs;
}
