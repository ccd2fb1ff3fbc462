// A node of a cluster as clients see it, in front of an embedded event store: it speaks TLS, notes with which headers
// it was asked, and can answer in its own way what a single node never says. Everything else is passed on, byte for
// byte.
import { once } from 'node:events';
import {
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TestCertificates } from './certificates.ts';

export type EventStoreFront = {
  port: number;
  /** Of all calls so far. */
  requests: IncomingHttpHeaders[];
  close: () => Promise<void>;
};

/** The headers of an answer without a message, or a message with nothing special behind it. */
export type OwnAnswer = { kind: 'refusal'; headers: OutgoingHttpHeaders } | { kind: 'message'; bytes: Uint8Array };

type FrontOptions = {
  certificates: TestCertificates;
  /** Port of the event store. */
  to: number;
  /** Any free one, unless stated. */
  port?: number;
  /** Null for what is to be passed on. */
  answer?: (headers: IncomingHttpHeaders) => OwnAnswer | null;
};

export async function startEventStoreFront({
  certificates,
  to,
  port = 0,
  answer,
}: FrontOptions): Promise<EventStoreFront> {
  const requests: IncomingHttpHeaders[] = [];
  const sockets = new Set<Socket>();
  const server = createSecureServer({ cert: certificates.cert, key: certificates.key });
  const behind = connect(`http://127.0.0.1:${to}`);
  behind.on('error', () => undefined);
  server.on('connection', (socket) => sockets.add(socket));
  server.on('stream', (stream, headers) => {
    requests.push(headers);
    stream.on('error', () => undefined);
    const own = answer?.(headers) ?? null;
    if (own === null) return passOn(stream, behind.request(headers));
    if (own.kind === 'refusal') return void stream.respond({ ...grpc, ...own.headers }, { endStream: true });
    stream.respond(grpc, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(framed(own.bytes));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: async () => {
      behind.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const grpc = { ':status': 200, 'content-type': 'application/grpc' };

function passOn(stream: ServerHttp2Stream, request: ReturnType<ReturnType<typeof connect>['request']>): void {
  let trailers: OutgoingHttpHeaders = {};
  stream.pipe(request);
  request.on('trailers', (received) => {
    trailers = withoutPseudo(received);
  });
  request.on('response', (headers, flags) => {
    if (stream.destroyed) return;
    const isWhole = (flags & 1) !== 0;
    stream.respond(headers, isWhole ? { endStream: true } : { waitForTrailers: true });
    if (isWhole) return;
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    request.pipe(stream);
  });
  request.on('error', () => stream.destroy());
  stream.on('close', () => request.close());
}

const withoutPseudo = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));

/** One message of gRPC: not compressed, and how long it is. */
function framed(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
