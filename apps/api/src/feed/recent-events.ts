// The newest order events, as they are sent, within bounds: those who follow the end of the log find them here, encoded
// once for all, and whoever has fallen behind is told so. A reader holds nothing but its place.
import type { OrderEvent } from '@orders/domain/order-types';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { logStart, type Place } from '../log/event-sources.ts';
import { eventText } from './event-stream-text.ts';

export type RecentLimits = { eventsMax: number; bytesMax: number };

/** Event types that are wanted; `null` for all. */
export type WantedTypes = ReadonlySet<OrderEvent['type']> | null;

/** Order events that stand together in the log, as they are sent. */
export type Chunk = {
  bytes: Buffer;
  events: number;
  /** Everything wanted up to here is in this chunk or was in an earlier one; `null`: it does not move the place. */
  reached: Place | null;
};

type Entry = { place: Place; type: OrderEvent['type']; text: string };

export type RecentEvents = ReturnType<typeof recentEvents>;

// About what a socket takes at once. A reader that stops reading keeps no more than this alive.
const chunkBytes = 32 * 1_024;
// Readers that follow the end ask for the same few chunks; the others are on their own.
const sharedChunksMax = 64;

/** `start` is where the events begin that will be added: what stands up to there is never here. */
export function recentEvents(start: Place, { eventsMax, bytesMax }: RecentLimits) {
  let entries: (Entry | undefined)[] = [];
  let first = 0;
  let bytes = 0;
  let floor = start;
  let end = start;
  const shared = new Map<string, Chunk>();

  function dropOldest() {
    const oldest = entries[first];
    if (oldest === undefined) return;
    floor = oldest.place;
    bytes -= oldest.text.length;
    entries[first] = undefined;
    first += 1;
    // The others move up rarely, so that dropping costs the same for each event, however many there are.
    if (first > eventsMax) {
      entries = entries.slice(first);
      first = 0;
    }
  }

  /** The index of the first entry after the place. */
  function indexAfter(place: Place): number {
    let low = first;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle]?.place ?? logStart) > place) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  function chunkAfter(place: Place, wanted: WantedTypes): Chunk {
    const texts: string[] = [];
    let size = 0;
    let reached = place;
    for (let index = indexAfter(place); index < entries.length && size < chunkBytes; index += 1) {
      const entry = entries[index];
      if (entry === undefined) break;
      reached = entry.place;
      if (wanted !== null && !wanted.has(entry.type)) continue;
      texts.push(entry.text);
      size += entry.text.length;
    }
    return { bytes: Buffer.from(texts.join('')), events: texts.length, reached };
  }

  return {
    /** In the order of the log. */
    add(events: readonly RecordedOrderEvent[]) {
      shared.clear();
      for (const recorded of events) {
        const place = recorded.position.commit;
        // A subscription that begins again may hand over its first event twice.
        if (place <= end) continue;
        const text = eventText(recorded);
        entries.push({ place, type: recorded.event.type, text });
        bytes += text.length;
        end = place;
        while (entries.length - first > eventsMax || bytes > bytesMax) dropOldest();
      }
    },
    /** What was wanted of the next events, or nothing; `behind` when they are not all here any more. */
    after(place: Place, wanted: WantedTypes): Chunk | 'nothing' | 'behind' {
      if (place < floor) return 'behind';
      if (place >= end) return 'nothing';
      const key = `${place} ${wanted === null ? '' : [...wanted]}`;
      const known = shared.get(key);
      if (known !== undefined) return known;
      const chunk = chunkAfter(place, wanted);
      if (shared.size < sharedChunksMax) shared.set(key, chunk);
      return chunk;
    },
    /** Every order event after this place is here. */
    floor: () => floor,
    end: () => end,
    size: () => ({ events: entries.length - first, bytes }),
  };
}
