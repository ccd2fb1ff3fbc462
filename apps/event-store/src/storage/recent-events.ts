// The newest events of the log, in memory: a subscriber that keeps up asks for them a moment after they were written,
// and need not have them read from the file, decoded and checked again.
import type { RecordedEvent } from './events.ts';

export type RecentEvents = Readonly<{
  /** The next event in the order of the log, be it on the disk or not. */
  add: (event: RecordedEvent) => void;
  /** What was added from this position on was not written after all. */
  forgetFrom: (position: number) => void;
  /**
   * Events from `from` on and below `end`, at most `limit`, and none after `bytesMax` are reached; `undefined` where
   * older ones would belong to them.
   */
  read: (from: number, end: number, limit: number, bytesMax: number) => RecordedEvent[] | undefined;
}>;

const recentEventsMax = 2_048;
const recentBytesMax = 4 * 1_048_576;

const bytesOf = ({ data, metadata }: RecordedEvent): number => data.length + metadata.length;

export function createRecentEvents(max = recentEventsMax): RecentEvents {
  let events: RecordedEvent[] = [];
  let bytes = 0;

  /** Half of them at once, or each event would move all others. */
  function forgetOldest(): void {
    const kept = bytes > recentBytesMax ? [] : events.slice(-Math.floor(max / 2));
    events = kept;
    bytes = kept.reduce((sum, event) => sum + bytesOf(event), 0);
  }

  /** Where the first event from this position on stands. */
  function indexOf(position: number): number {
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle]?.position ?? position) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    add: (event) => {
      events.push(event);
      bytes += bytesOf(event);
      if (events.length > max || bytes > recentBytesMax) forgetOldest();
    },
    forgetFrom: (position) => {
      const gone = events.splice(indexOf(position));
      bytes -= gone.reduce((sum, event) => sum + bytesOf(event), 0);
    },
    read: (from, end, limit, bytesMax) => {
      const [oldest] = events;
      if (oldest === undefined || from < oldest.position) return undefined;
      const page = events.slice(indexOf(from), Math.min(indexOf(end), indexOf(from) + limit));
      let left = bytesMax;
      const full = page.findIndex((event) => {
        left -= bytesOf(event);
        return left <= 0;
      });
      return full < 0 ? page : page.slice(0, full + 1);
    },
  };
}
