// What the writers append: mostly small, some large, now and then without any data.
import { randomBytes, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type BinaryEventType, binaryEvent, type EventData } from '@eventstore/db-client';
import type { Random } from '../seeded-random.ts';
import type { Origin } from './history.ts';

type TortureEvent = BinaryEventType<'Tortured', Origin>;

export type PlannedAppend = { append: string; stream: string; events: EventData<TortureEvent>[] };

const eventsMax = 8;
const smallBytesMax = 400;
const middleBytesMax = 8_192;
/** At most one event of an append is as large as this, which keeps the append below the limit of 1 MiB. */
const largeBytesMax = 200 * 1_024;

const chances = { large: 0.02, middle: 0.05, empty: 0.1 };

export function appendPlanner(random: Random) {
  const bytes = randomBytes(largeBytesMax);

  function drawLength(index: number): number {
    if (index === 0 && random.chance(chances.large)) return random.below(largeBytesMax + 1);
    if (random.chance(chances.middle)) return random.below(middleBytesMax);
    return random.chance(chances.empty) ? 0 : random.below(smallBytesMax);
  }

  function planEvent(append: string, index: number, size: number): EventData<TortureEvent> {
    const length = drawLength(index);
    const start = random.below(bytes.length - length + 1);
    // The client asks for exactly this class, and not for a Buffer.
    const data = new Uint8Array(bytes.subarray(start, start + length));
    const metadata = { append, index, size, checksum: crc32(data) };
    return binaryEvent<TortureEvent>({ id: randomUUID(), type: 'Tortured', data, metadata });
  }

  return (append: string, stream: string): PlannedAppend => {
    const size = 1 + random.below(eventsMax);
    return { append, stream, events: Array.from({ length: size }, (_, index) => planEvent(append, index, size)) };
  };
}
