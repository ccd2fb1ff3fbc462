// A checksum over everything that an event is. SQLite keeps none: a byte that the disk changed would be handed out as
// if somebody had written it.
import { crc32 } from 'node:zlib';
import type { RecordedEvent } from './events.ts';

export function checksumOf({ position, stream, number, id, type, isJson, createdMs, data, metadata }: RecordedEvent) {
  const envelope = `${position} ${number} ${id} ${isJson} ${createdMs} ${metadata.length} ${type}\0${stream}`;
  return crc32(data, crc32(metadata, crc32(envelope)));
}

/** The file holds a record that is not what was written. */
export class DamagedRecordError extends Error {
  override readonly name = 'DamagedRecordError';

  constructor({ position, stream, number }: Pick<RecordedEvent, 'position' | 'stream' | 'number'>) {
    super(`the record at position ${position}, event ${number} of "${stream}", does not match its checksum`);
  }
}
