// What the client never shows: single frames, calls that are given up half-way, and the number of replies.
import { randomUUID } from 'node:crypto';
import { StreamNotFoundError } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams, { type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampMessages from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshStream, type RunningStore, readEvents, startRunningStore } from './running-store.ts';

let running: RunningStore;
let grpc: StreamsClient;
beforeAll(async () => {
  running = await startRunningStore();
  grpc = new StreamsClient(`127.0.0.1:${running.port()}`, credentials.createInsecure());
});
afterAll(async () => {
  grpc.close();
  await running.stop();
});

const generously = { timeout: 20_000 };
const { BatchAppendReq, AppendReq } = streams;
const identifier = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
const uuid = (text: string) => new shared.UUID().setString(text);

function message(fields: { id?: string; contentType?: string; bytes?: number } = {}) {
  const proposed = new BatchAppendReq.ProposedMessage()
    .setId(uuid(fields.id ?? randomUUID()))
    .setData(new Uint8Array(fields.bytes ?? 2));
  proposed.getMetadataMap().set('type', 'Happened');
  if (fields.contentType !== '') proposed.getMetadataMap().set('content-type', 'application/octet-stream');
  return proposed;
}

describe('BatchAppend', () => {
  let call: ClientDuplexStream<InstanceType<typeof BatchAppendReq>, BatchAppendResp>;
  let replies: BatchAppendResp[];
  beforeEach(() => {
    replies = [];
    call = grpc.batchAppend();
    call.on('data', (reply) => replies.push(reply));
    call.on('error', () => {});
  });
  afterEach(() => call.cancel());

  type Frame = { messages?: ReturnType<typeof message>[]; stream?: string; final?: boolean; deadline?: Date };

  function send(correlationId: string, { messages = [], stream, final = true, deadline }: Frame): void {
    const frame = new BatchAppendReq()
      .setCorrelationId(uuid(correlationId))
      .setProposedMessagesList(messages)
      .setIsFinal(final);
    if (stream !== undefined) {
      const options = new BatchAppendReq.Options()
        .setStreamIdentifier(identifier(stream))
        .setAny(new emptyMessages.Empty());
      if (deadline !== undefined) options.setDeadline(timestampMessages.Timestamp.fromDate(deadline));
      frame.setOptions(options);
    }
    call.write(frame);
  }

  const summary = () =>
    replies.map((reply) => {
      const outcome = reply.getError()?.getMessage() ?? `revision ${reply.getSuccess()?.getCurrentRevision()}`;
      return `${reply.getCorrelationId()?.getString()} ${outcome}`;
    });

  /** Everything that was sent before has been looked at once this has its reply. */
  async function expectReplies(expected: string[]): Promise<void> {
    const last = randomUUID();
    send(last, { stream: freshStream(), messages: [message()] });
    await vi.waitFor(() => expect(summary()).toContain(`${last} revision 0`), generously);
    expect(summary().filter((line) => !line.startsWith(last))).toEqual(expected);
  }

  it('answers an append in several frames once', async () => {
    const id = randomUUID();
    send(id, { stream: freshStream(), final: false });
    send(id, { messages: [message(), message()], final: false });
    send(id, { messages: [message()] });
    await expectReplies([`${id} revision 2`]);
  });

  it('keeps appends apart whose frames arrive mixed', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const [firstStream, secondStream] = [freshStream(), freshStream()];
    send(first, { stream: firstStream, messages: [message()], final: false });
    send(second, { stream: secondStream, messages: [message(), message()], final: false });
    send(first, { messages: [message()] });
    send(second, { messages: [message()] });
    await expectReplies([`${first} revision 1`, `${second} revision 2`]);
    expect(await readEvents(running.client, firstStream)).toHaveLength(2);
  });

  it('ignores what follows a refused frame, and frames of nobody', async () => {
    const id = randomUUID();
    const stream = freshStream();
    send(id, { stream, messages: [message({ bytes: 1_048_577 })], final: false });
    send(id, { messages: [message()], final: false });
    send(id, { messages: [message()] });
    send(randomUUID(), { messages: [message()] });
    await expectReplies([`${id} MaximumAppendSizeExceeded`]);
    await expect(readEvents(running.client, stream)).rejects.toThrow(StreamNotFoundError);
  });

  it.each([
    ['an id that is no UUID', { id: 'nonsense' }],
    ['no content type', { contentType: '' }],
  ])('refuses %s as a bad request and takes the next append', async (_name, fault) => {
    const id = randomUUID();
    send(id, { stream: freshStream(), messages: [message(), message(fault)] });
    await expectReplies([`${id} BadRequest`]);
  });

  it('refuses an append without a stream name', async () => {
    const id = randomUUID();
    send(id, { stream: '', messages: [message()] });
    await expectReplies([`${id} BadRequest`]);
  });

  it('refuses an append that comes after its deadline', async () => {
    const id = randomUUID();
    send(id, { stream: freshStream(), messages: [message()], deadline: new Date(Date.now() - 1) });
    await expectReplies([`${id} Timeout`]);
  });

  it('gives up an append whose last frame does not come in time', async () => {
    const id = randomUUID();
    const stream = freshStream();
    send(id, { stream, messages: [message()], final: false, deadline: new Date(Date.now() + 100) });
    await vi.waitFor(() => expect(summary()).toEqual([`${id} Timeout`]), generously);
    send(id, { messages: [message()] });
    await expectReplies([`${id} Timeout`]);
    await expect(readEvents(running.client, stream)).rejects.toThrow(StreamNotFoundError);
  });

  it('names the stream in every reply', async () => {
    const stream = freshStream();
    send(randomUUID(), { stream, messages: [message()] });
    send(randomUUID(), { stream, messages: [message({ id: '' })] });
    await vi.waitFor(() => expect(replies).toHaveLength(2), generously);
    for (const reply of replies) {
      expect(Buffer.from(reply.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe(stream);
    }
  });
});

describe('Append', () => {
  it('stores nothing of a call that is given up half-way', async () => {
    const stream = freshStream();
    const outcome = new Promise((resolve) => {
      const call = grpc.append((error) => resolve(error));
      const options = new AppendReq.Options().setStreamIdentifier(identifier(stream)).setAny(new shared.Empty());
      call.write(new AppendReq().setOptions(options));
      const proposed = new AppendReq.ProposedMessage().setId(uuid(randomUUID()));
      proposed.getMetadataMap().set('type', 'Happened').set('content-type', 'application/json');
      call.write(new AppendReq().setProposedMessage(proposed), () => call.cancel());
    });
    expect(await outcome).toMatchObject({ code: 1 });
    await running.client.appendToStream(freshStream(), []);
    await expect(readEvents(running.client, stream)).rejects.toThrow(StreamNotFoundError);
  });

  it.each([
    ['no options', []],
    ['options twice', ['options', 'options']],
  ])('refuses %s', async (_name, frames) => {
    const error = await new Promise((resolve) => {
      const call = grpc.append((err) => resolve(err));
      const options = new AppendReq.Options().setStreamIdentifier(identifier('any')).setAny(new shared.Empty());
      for (const _ of frames) call.write(new AppendReq().setOptions(options));
      call.end();
    });
    expect(error).toMatchObject({ code: 2, details: 'Exception was thrown by handler.' });
  });

  it('names the missing property of an event', async () => {
    const error = await new Promise<unknown>((resolve) => {
      const call = grpc.append((err) => resolve(err));
      const options = new AppendReq.Options().setStreamIdentifier(identifier('any')).setAny(new shared.Empty());
      call.write(new AppendReq().setOptions(options));
      call.write(new AppendReq().setProposedMessage(new AppendReq.ProposedMessage().setId(uuid(randomUUID()))));
    });
    expect(error).toMatchObject({ code: 3, details: "Required Metadata Property 'type' is missing" });
  });
});
