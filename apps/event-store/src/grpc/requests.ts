// Reads what Append and BatchAppend have in common out of their messages. What cannot be understood is a GrpcFailure,
// which ends an Append and is answered as BadRequest by a BatchAppend.

import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ExpectedRevision, ProposedEvent } from '../storage/events.ts';
import { GrpcFailure, handlerException, missingMetadataProperty, status } from './failure.ts';

const revisionMax = 2n ** 63n - 1n;
const nilUuid = '00000000-0000-0000-0000-000000000000';
const uuidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export function streamName(identifier: StreamIdentifier | undefined): string {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
  if (name === '') throw handlerException('the stream name is empty');
  return name;
}

type ExpectedRevisionOptions = { hasAny(): boolean; hasNoStream(): boolean; hasStreamExists(): boolean };

/** `revision` is the decimal string of an exact revision, `undefined` if the request names none. */
export function expectedRevision(options: ExpectedRevisionOptions, revision: string | undefined): ExpectedRevision {
  if (revision !== undefined) {
    if (BigInt(revision) > revisionMax) throw handlerException(`revision ${revision} is out of range`);
    // Beyond 2^53 the number is not exact, but still greater than that of any event.
    return Number(revision);
  }
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  throw new GrpcFailure(status.INVALID_ARGUMENT, 'The expected stream revision is not set.');
}

export type ProposedMessage = Pick<
  BatchAppendReq.ProposedMessage,
  'getId' | 'getMetadataMap' | 'getData_asU8' | 'getCustomMetadata_asU8'
>;

export function proposedEvent(message: ProposedMessage): ProposedEvent {
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  const contentType = properties.get('content-type');
  if (type === undefined) throw missingMetadataProperty('type');
  if (contentType === undefined) throw missingMetadataProperty('content-type');
  if (type === '') throw handlerException('the event type is empty');
  return {
    id: eventId(message.getId()),
    type,
    isJson: contentType === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

function eventId(uuid: UUID | undefined): string {
  const id = uuidText(uuid);
  if (!uuidPattern.test(id) || id === nilUuid) throw handlerException(`the event id "${id}" is not usable`);
  return id;
}

/** The text of either representation, in lower case. */
export function uuidText(uuid: UUID | undefined): string {
  const structured = uuid?.getStructured();
  if (structured === undefined) return uuid?.getString().toLowerCase() ?? '';
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
