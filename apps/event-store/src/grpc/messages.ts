// Builds the messages of a read or subscription.
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../storage/events.ts';

const { ReadEvent } = streams.ReadResp;

export function eventMessage(event: RecordedEvent): ReadResp {
  const position = String(event.position);
  const recorded = new ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(streamIdentifier(event.stream))
    .setStreamRevision(String(event.number))
    .setPreparePosition(position)
    .setCommitPosition(position)
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('created', ticks(event.createdMs))
    .set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  return new streams.ReadResp().setEvent(new ReadEvent().setEvent(recorded).setCommitPosition(position));
}

export const streamNotFoundMessage = (stream: string): ReadResp =>
  new streams.ReadResp().setStreamNotFound(
    new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(stream)),
  );

export const confirmationMessage = (subscriptionId: string): ReadResp =>
  new streams.ReadResp().setConfirmation(
    new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId),
  );

export const caughtUpMessage = (): ReadResp => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

export function checkpointMessage(position: number): ReadResp {
  const text = String(position);
  const checkpoint = new streams.ReadResp.Checkpoint().setCommitPosition(text).setPreparePosition(text);
  return new streams.ReadResp().setCheckpoint(checkpoint);
}

const streamIdentifier = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream));

/** Units of 100 ns since 1970; beyond 2^53, hence as text. */
const ticks = (milliseconds: number) => `${milliseconds}0000`;
