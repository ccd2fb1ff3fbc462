// One port for two protocols: HTTP/2 without TLS and HTTP/1.1. Which one a connection speaks shows in its first bytes,
// as in EventStoreDB; the server of that protocol then gets the connection as if it had accepted it itself.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

type Protocols = { http2: (socket: Socket) => void; http1: (socket: Socket) => void };

export type Listener = {
  port: number;
  /** Takes no more connections, and resolves when the open ones are gone; after `graceMs` they are cut. */
  close: (graceMs: number) => Promise<void>;
};

/** More than any use of one store, and fewer than the files that a process may have open. */
const connectionsMax = 2_000;
/** A connection that has not said which protocol it speaks after this time is closed. */
const firstBytesTimeoutMs = 10_000;

/** Rejects with Node's `EADDRINUSE` when the port is taken. */
export async function listenForBoth(host: string, port: number, protocols: Protocols): Promise<Listener> {
  const sockets = new Set<Socket>();
  // Without a delay: an answer that waits to be sent together with the next one costs its reader 40 ms.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    route(socket, protocols);
  });
  server.maxConnections = connectionsMax;
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await once(server.close(), 'close');
      clearTimeout(cut);
    },
  };
}

// HTTP/2 opens with "PRI * HTTP/2.0". No method of HTTP/1.1 begins with these three letters.
const http2Preface = Buffer.from('PRI');

function route(socket: Socket, { http2, http1 }: Protocols): void {
  let head = Buffer.alloc(0);
  const abandon = () => socket.destroy();
  const inspect = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const start = head.subarray(0, http2Preface.length);
    if (!start.equals(http2Preface.subarray(0, start.length))) return handOver(http1);
    if (start.length === http2Preface.length) handOver(http2);
  };
  const handOver = (protocol: (socket: Socket) => void) => {
    socket.off('readable', inspect);
    socket.off('error', abandon);
    socket.setTimeout(0, abandon);
    socket.unshift(head);
    protocol(socket);
  };
  socket.setTimeout(firstBytesTimeoutMs, abandon);
  socket.on('error', abandon);
  socket.on('readable', inspect);
}
