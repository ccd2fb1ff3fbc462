// BatchAppend: one long-lived call carries all appends of a client. The client waits for ever on an append without a
// reply and breaks on a second one, so every path below ends in exactly one reply for a correlation id. The call itself
// ends only with an error, unless its client has ended it: after a clean end the client would go on using it.
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { EventStore } from '../storage/store.ts';
import { appendBytesMax } from './append-buffer.ts';
import {
  type AppendError,
  badRequest,
  errorReply,
  maximumAppendSizeExceeded,
  outcomeReply,
  serverIsTooBusy,
  timeout,
  unknownOutcome,
} from './batch-append-replies.ts';
import { toFailure } from './failure.ts';
import { createPendingWrites, openWrite, type PendingWrite, remainingMs } from './pending-writes.ts';
import { createResponseFrames } from './response-frames.ts';

type BatchAppendCall = ServerDuplexStream<BatchAppendReq, Buffer>;
type PendingWrites = ReturnType<typeof createPendingWrites>;

export const batchAppendHandler = (store: EventStore) => (call: BatchAppendCall) => {
  const pending = createPendingWrites();
  const reply = replyTo(call);
  let committing = 0;

  function settle(write: PendingWrite, error: AppendError): void {
    pending.remove(write);
    reply(errorReply(write, error));
    endWhenAnswered();
  }

  function endWhenAnswered(): void {
    if (!call.readableEnded || committing > 0 || !pending.isEmpty()) return;
    // Behind the replies, which leave when the promises that are settled now have been looked at.
    process.nextTick(() => call.end());
  }

  call.on('data', (frame: BatchAppendReq) => {
    const correlationId = frame.getCorrelationId();
    if (correlationId === undefined) return;
    const write = pending.find(correlationId) ?? begin(pending, correlationId, frame.getOptions(), reply);
    // Without a write this is a later frame of an append that was answered already.
    if (write === undefined) return;
    const refusal = takeEvents(pending, write, frame);
    if (refusal !== undefined) return void settle(write, refusal);
    if (!frame.getIsFinal()) {
      write.timer ??= setTimeout(() => settle(write, timeout), remainingMs(write.options));
      return;
    }
    pending.remove(write);
    committing += 1;
    const { stream, expected, buffer } = write;
    const answered = store.write({ kind: 'append', stream, expected, events: buffer.events }).then(
      (outcome) => reply(outcomeReply(write, outcome)),
      () => reply(errorReply(write, unknownOutcome)),
    );
    void answered.finally(() => {
      committing -= 1;
      endWhenAnswered();
    });
  });
  call.on('end', endWhenAnswered);
  call.on('close', pending.clear);
};

type Reply = (response: BatchAppendResp) => void;

function replyTo(call: BatchAppendCall): Reply {
  const frames = createResponseFrames();
  let isFlushDue = false;

  function flush(): void {
    isFlushDue = false;
    const replies = frames.take();
    if (!call.writable || call.write(replies) || call.isPaused()) return;
    // A client that sends but does not read must not fill the memory with replies.
    call.pause();
    call.once('drain', () => call.resume());
  }

  return (response) => {
    frames.message(response);
    if (isFlushDue) return;
    isFlushDue = true;
    // After the promises that are settled now: the replies to all appends of one commit leave together.
    process.nextTick(flush);
  };
}

/** Nothing if the append is answered here, or if its first frame was missed. */
function begin(
  pending: PendingWrites,
  correlationId: UUID,
  options: BatchAppendReq.Options | undefined,
  reply: Reply,
): PendingWrite | undefined {
  if (options === undefined) return undefined;
  try {
    const write = openWrite(correlationId, options);
    if (remainingMs(options) > 0) {
      pending.add(write);
      return write;
    }
    reply(errorReply(write, timeout));
  } catch (error) {
    reply(errorReply({ correlationId, options }, badRequest(toFailure(error).message)));
  }
  return undefined;
}

function takeEvents(pending: PendingWrites, write: PendingWrite, frame: BatchAppendReq): AppendError | undefined {
  try {
    pending.addEvents(write, frame);
  } catch (error) {
    return badRequest(toFailure(error).message);
  }
  if (write.buffer.isTooLarge()) return maximumAppendSizeExceeded(appendBytesMax);
  return pending.holdTooMuch() ? serverIsTooBusy : undefined;
}
