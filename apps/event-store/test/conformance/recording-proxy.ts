// Stands between a client and a server and writes down what each says to the other, in HTTP/2 terms, changing nothing.
import { once } from 'node:events';
import { type ClientHttp2Stream, connect, constants, createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import streams, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { onTestFinished } from 'vitest';

export type RecordedCall = {
  /** As in `/event_store.client.streams.Streams/Append`. */
  path: string;
  headers: IncomingHttpHeaders;
  /** What the server answered so far. */
  received: Buffer[];
};

/** Runs until the test is over. */
export async function startRecordingProxy(targetAddress: string) {
  const calls: RecordedCall[] = [];
  const upstream = connect(`http://${targetAddress}`);
  const proxy = createServer();
  const sessions = new Set<{ destroy: () => void }>([upstream]);
  proxy.on('session', (session) => sessions.add(session));
  proxy.on('stream', (incoming, headers) => {
    const call: RecordedCall = { path: headers[':path'] ?? '', headers, received: [] };
    calls.push(call);
    const outgoing: ClientHttp2Stream = upstream.request(headers);
    let trailers: IncomingHttpHeaders = {};
    outgoing.on('response', (answer, flags) => {
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      incoming.respond(answer, { endStream, waitForTrailers: !endStream });
      outgoing.pipe(incoming);
    });
    outgoing.on('data', (chunk: Buffer) => call.received.push(chunk));
    outgoing.on('trailers', (sent) => (trailers = sent));
    outgoing.on('error', () => incoming.close(constants.NGHTTP2_CANCEL));
    incoming.on('wantTrailers', () => incoming.sendTrailers(trailers));
    incoming.on('error', () => outgoing.close(constants.NGHTTP2_CANCEL));
    incoming.on('aborted', () => outgoing.close(constants.NGHTTP2_CANCEL));
    incoming.pipe(outgoing);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    proxy.close();
  });
  return {
    address: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    calls,
    callsOf: (method: string) => calls.filter(({ path }) => path.endsWith(`/${method}`)),
  };
}

/** The whole messages that a Read was answered with: each comes after a byte of flags and four of its length. */
export function readResponses({ received }: RecordedCall): ReadResp[] {
  const bytes = Buffer.concat(received);
  const headerLength = 5;
  const responses: ReadResp[] = [];
  for (let start = headerLength; start <= bytes.length; ) {
    const end = start + bytes.readUInt32BE(start - 4);
    if (end > bytes.length) break;
    responses.push(streams.ReadResp.deserializeBinary(bytes.subarray(start, end)));
    start = end + headerLength;
  }
  return responses;
}
