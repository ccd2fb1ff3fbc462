// Writes an event as the message of a Read: field by field into the bytes that leave, without message objects in
// between, which would take most of the time of a read. What it writes is compared with the client's own message
// classes.
import { type RecordedEvent, tombstoneNumber } from '../storage/events.ts';
import type { ResolvedEvent } from './links.ts';

export type UuidForm = 'string' | 'structured';

// The field numbers of streams.proto and shared.proto, shifted behind the wire type as they stand in the message. They
// are all below 16, so that each takes one byte.
const varint = (field: number) => field << 3;
const delimited = (field: number) => (field << 3) | 2;

const readResp = { event: delimited(1) };
const readEvent = { event: delimited(1), link: delimited(2), commitPosition: varint(3) };
const recordedEvent = {
  id: delimited(1),
  streamIdentifier: delimited(2),
  streamRevision: varint(3),
  preparePosition: varint(4),
  commitPosition: varint(5),
  metadata: delimited(6),
  customMetadata: delimited(7),
  data: delimited(8),
};
const uuid = { structured: delimited(1), string: delimited(2) };
const structured = { mostSignificantBits: varint(1), leastSignificantBits: varint(2) };
const streamIdentifier = { streamName: delimited(3) };
const mapEntry = { key: delimited(1), value: delimited(2) };

const isJsonType = 'application/json';
const binaryType = 'application/octet-stream';

/** How long each part of a message is: lengths come before what they measure. */
type RecordedPlan = {
  event: RecordedEvent;
  id: Buffer;
  streamNameBytes: number;
  typeBytes: number;
  created: string;
  contentType: string;
  length: number;
};
export type EventMessagePlan = {
  event: RecordedPlan | undefined;
  link: RecordedPlan | undefined;
  position: number;
  contentBytes: number;
  length: number;
};

export function planEventMessage({ event, link }: ResolvedEvent, uuidForm: UuidForm): EventMessagePlan {
  const plans = { event: event && planRecorded(event, uuidForm), link: link && planRecorded(link, uuidForm) };
  const position = (link ?? event)?.position ?? 0;
  const recorded = (plan: RecordedPlan | undefined) => (plan === undefined ? 0 : fieldBytes(plan.length));
  const contentBytes = recorded(plans.event) + recorded(plans.link) + 1 + varintBytes(position);
  return { ...plans, position, contentBytes, length: fieldBytes(contentBytes) };
}

function planRecorded(event: RecordedEvent, uuidForm: UuidForm): RecordedPlan {
  const id = encodeUuid(event.id, uuidForm);
  const streamNameBytes = Buffer.byteLength(event.stream);
  const typeBytes = Buffer.byteLength(event.type);
  const created = `${event.createdMs}0000`; // Units of 100 ns since 1970; beyond 2^53, hence as text.
  const contentType = event.isJson ? isJsonType : binaryType;
  const length =
    fieldBytes(id.length) +
    fieldBytes(fieldBytes(streamNameBytes)) +
    (1 + revisionBytes(event.number)) +
    2 * (1 + varintBytes(event.position)) +
    fieldBytes(entryBytes('type', typeBytes)) +
    fieldBytes(entryBytes('created', created.length)) +
    fieldBytes(entryBytes('content-type', contentType.length)) +
    fieldBytes(event.metadata.length) +
    fieldBytes(event.data.length);
  return { event, id, streamNameBytes, typeBytes, created, contentType, length };
}

const entryBytes = (key: string, valueBytes: number) => fieldBytes(key.length) + fieldBytes(valueBytes);

/** A field whose tag takes one byte. */
const fieldBytes = (length: number) => 1 + varintBytes(length) + length;

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** 2^63 - 1, which no number holds: eight times seven bits, and one more seven. */
const tombstoneRevision = Buffer.from('ffffffffffffffff7f', 'hex');

const revisionBytes = (number: number) => (number === tombstoneNumber ? tombstoneRevision.length : varintBytes(number));

/** Writes `plan.length` bytes from `start` on. */
export function writeEventMessage(buffer: Buffer, start: number, plan: EventMessagePlan): void {
  let at = writeLength(buffer, start, readResp.event, plan.contentBytes);
  if (plan.event !== undefined) {
    at = writeLength(buffer, at, readEvent.event, plan.event.length);
    at = writeRecorded(buffer, at, plan.event);
  }
  if (plan.link !== undefined) {
    at = writeLength(buffer, at, readEvent.link, plan.link.length);
    at = writeRecorded(buffer, at, plan.link);
  }
  writeVarint(buffer, at, readEvent.commitPosition, plan.position);
}

function writeRecorded(buffer: Buffer, start: number, plan: RecordedPlan): number {
  const { event, id, streamNameBytes, typeBytes, created, contentType } = plan;
  let at = writeBytes(buffer, start, recordedEvent.id, id);
  at = writeLength(buffer, at, recordedEvent.streamIdentifier, fieldBytes(streamNameBytes));
  at = writeText(buffer, at, streamIdentifier.streamName, event.stream, streamNameBytes);
  at = writeRevision(buffer, at, event.number);
  at = writeVarint(buffer, at, recordedEvent.preparePosition, event.position);
  at = writeVarint(buffer, at, recordedEvent.commitPosition, event.position);
  at = writeEntry(buffer, at, 'type', event.type, typeBytes);
  at = writeEntry(buffer, at, 'created', created, created.length);
  at = writeEntry(buffer, at, 'content-type', contentType, contentType.length);
  at = writeBytes(buffer, at, recordedEvent.customMetadata, event.metadata);
  return writeBytes(buffer, at, recordedEvent.data, event.data);
}

function writeEntry(buffer: Buffer, start: number, key: string, value: string, valueBytes: number): number {
  let at = writeLength(buffer, start, recordedEvent.metadata, entryBytes(key, valueBytes));
  at = writeText(buffer, at, mapEntry.key, key, key.length);
  return writeText(buffer, at, mapEntry.value, value, valueBytes);
}

function writeRevision(buffer: Buffer, at: number, number: number): number {
  if (number !== tombstoneNumber) return writeVarint(buffer, at, recordedEvent.streamRevision, number);
  buffer[at] = recordedEvent.streamRevision;
  buffer.set(tombstoneRevision, at + 1);
  return at + 1 + tombstoneRevision.length;
}

function writeBytes(buffer: Buffer, start: number, tag: number, bytes: Uint8Array): number {
  const at = writeLength(buffer, start, tag, bytes.length);
  buffer.set(bytes, at);
  return at + bytes.length;
}

function writeText(buffer: Buffer, start: number, tag: number, text: string, bytes: number): number {
  const at = writeLength(buffer, start, tag, bytes);
  buffer.write(text, at, bytes, 'utf8');
  return at + bytes;
}

const writeLength = writeVarint;

function writeVarint(buffer: Buffer, start: number, tag: number, value: number): number {
  let at = start;
  buffer[at++] = tag;
  let rest = value;
  // Not with shifts: positions go beyond 32 bits.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[at++] = (rest % 0x80) | 0x80;
  buffer[at++] = rest;
  return at;
}

function encodeUuid(id: string, form: UuidForm): Buffer {
  if (form === 'string') {
    const encoded = Buffer.allocUnsafe(2 + id.length);
    writeText(encoded, 0, uuid.string, id, id.length);
    return encoded;
  }
  const hex = id.replaceAll('-', '');
  const halves = [hex.slice(0, 16), hex.slice(16)].map((half) => BigInt(`0x${half}`));
  const bytes = halves.flatMap((half, index) => [
    index === 0 ? structured.mostSignificantBits : structured.leastSignificantBits,
    ...bigVarint(half),
  ]);
  return Buffer.from([uuid.structured, bytes.length, ...bytes]);
}

function bigVarint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
