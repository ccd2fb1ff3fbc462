// Delete and Tombstone: the one hides the events of a stream, the other ends the stream for ever.

import type { TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams, { type DeleteReq, type DeleteResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import type { DeletionRequest, ExpectedRevision } from '../storage/events.ts';
import type { EventStore } from '../storage/store.ts';
import { deletionConflict, type GrpcFailure, handlerException, refusedWrite, streamDeleted } from './failure.ts';
import { expectedRevision, streamName } from './requests.ts';

type ToFailure = (error: unknown) => GrpcFailure;

export const deleteHandler =
  (store: EventStore, toFailure: ToFailure): handleUnaryCall<DeleteReq, DeleteResp> =>
  (call, respond) => {
    deletionPosition(store, 'delete', call.request.getOptions()).then(
      (position) => {
        const answer = new streams.DeleteResp.Position().setCommitPosition(position).setPreparePosition(position);
        respond(null, new streams.DeleteResp().setPosition(answer));
      },
      (error: unknown) => respond(toFailure(error)),
    );
  };

export const tombstoneHandler =
  (store: EventStore, toFailure: ToFailure): handleUnaryCall<TombstoneReq, TombstoneResp> =>
  (call, respond) => {
    deletionPosition(store, 'tombstone', call.request.getOptions()).then(
      (position) => {
        const answer = new streams.TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position);
        respond(null, new streams.TombstoneResp().setPosition(answer));
      },
      (error: unknown) => respond(toFailure(error)),
    );
  };

type Options = DeleteReq.Options | TombstoneReq.Options;

/** The position of the record that the deletion wrote, as decimal text. */
async function deletionPosition(
  store: EventStore,
  kind: DeletionRequest['kind'],
  options: Options | undefined,
): Promise<string> {
  if (options === undefined) throw handlerException('the request has no options');
  const stream = streamName(options.getStreamIdentifier());
  const expected = expectedRevision(options, options.hasRevision() ? options.getRevision() : undefined);
  const outcome = await store.write({ kind, stream, expected }).catch(refusedWrite);
  switch (outcome.kind) {
    case 'success':
      return String(outcome.position);
    case 'stream-deleted':
      throw streamDeleted(stream);
    case 'wrong-expected-version':
      throw deletionConflict(stream, expectedAsNumber(expected), outcome.actual);
  }
}

/** The numbers by which EventStoreDB's text and trailers name what is not a revision. */
function expectedAsNumber(expected: ExpectedRevision): number {
  switch (expected) {
    case 'no_stream':
      return -1;
    case 'any':
      return -2;
    case 'stream_exists':
      return -4;
    default:
      return expected;
  }
}
