// Calls below the client: HTTP/2 requests with any headers and any bytes, and sockets with any bytes at all.
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Settings,
} from 'node:http2';
import { connect, type Socket } from 'node:net';

export type Ending = { headers: IncomingHttpHeaders; trailers: IncomingHttpHeaders; resetCode: number; bytes: number };

/** An HTTP/2 connection whose errors end with it. */
export async function openSession(port: number, settings: Settings = {}): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://127.0.0.1:${port}`, { maxSessionMemory: 1_000, settings });
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

const streamsService = '/event_store.client.streams.Streams';
export const paths = {
  read: `${streamsService}/Read`,
  append: `${streamsService}/Append`,
  delete: `${streamsService}/Delete`,
  tombstone: `${streamsService}/Tombstone`,
  batchAppend: `${streamsService}/BatchAppend`,
  features: '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
  gossip: '/event_store.client.gossip.Gossip/Read',
} as const;

export const grpcHeaders = (path: string): OutgoingHttpHeaders => ({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
});

export function openStream(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: false });
  stream.on('error', () => {});
  return stream;
}

/** Resolves when the server has ended the call in whatever way; what it sent is thrown away. */
export function ending(stream: ClientHttp2Stream): Promise<Ending> {
  const found: Ending = { headers: {}, trailers: {}, resetCode: 0, bytes: 0 };
  stream.on('response', (headers) => (found.headers = headers));
  stream.on('trailers', (trailers) => (found.trailers = trailers));
  stream.on('data', (chunk: Buffer) => (found.bytes += chunk.length));
  return new Promise((resolve) => {
    const settle = () => resolve({ ...found, resetCode: stream.rstCode ?? 0 });
    if (stream.closed) settle();
    else stream.once('close', settle);
  });
}

/** The status of a call, whether it came with the headers or behind the messages. */
export const grpcStatus = ({ headers, trailers }: Ending): number | undefined => {
  const status = trailers['grpc-status'] ?? headers['grpc-status'];
  return status === undefined ? undefined : Number(status);
};

/** One message as it travels: a flag, its length, its bytes. */
export function framed(message: Uint8Array, { length = message.length, flag = 0 } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Resolves with all that the server sent once the connection is closed, in whatever way. */
export async function untilClosed(socket: Socket): Promise<string> {
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return received;
}

export const http2Preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

type Frame = { type: number; flags?: number; stream?: number; payload?: Uint8Array; length?: number };

/** One frame of HTTP/2; `length` may lie. */
export function http2Frame({ type, flags = 0, stream = 0, payload = Buffer.alloc(0), length }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length ?? payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export const settingsFrame = http2Frame({ type: 4 });

/** The block of a HEADERS frame, without any compression. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), lengthPrefixed(name), lengthPrefixed(value)]),
  );
}

function lengthPrefixed(text: string): Buffer {
  const longestOfOneByte = 126;
  const bytes = Buffer.from(text);
  if (bytes.length > longestOfOneByte) throw new Error('longer than what this writes');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

export const endHeaders = 4;
export const endStream = 1;

/** The frame that opens a gRPC call; `flags` beyond the end of the headers may be added. */
export const openingFrame = (path: string, stream = 1, flags = endHeaders): Buffer =>
  http2Frame({
    type: 1,
    flags,
    stream,
    payload: headerBlock({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': path,
      ':authority': 'somewhere',
      'content-type': 'application/grpc',
      te: 'trailers',
    }),
  });

export const resetFrame = (code: number, stream = 1): Buffer => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(code);
  return http2Frame({ type: 3, stream, payload });
};
