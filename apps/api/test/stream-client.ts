// A client of server-sent events as the standard has it, down to the bytes: it counts only what arrived whole, and
// comes back at once with the last id of that. Its connections can be cut after any byte, by itself or by a link.
import { connect, createServer, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

export type Received = { id: string; type: string; data: string };

export type StreamClient = {
  received: Received[];
  /** How often a connection of it ended. */
  cuts: () => number;
  /** The id that it would come back with. */
  lastId: () => string | null;
  /** What a server answered beside 200. */
  refusals: string[];
  /** From now on its connections are left alone. */
  spare: () => void;
  leave: () => void;
};

type ClientOptions = {
  port: number;
  path: string;
  lastId?: string;
  /** Bytes after which a connection is cut; `null` for one that is left alone. */
  cutAfter?: () => number | null;
};

const pauseMs = 5;

export function followStream({ port, path, lastId: startId, cutAfter = () => null }: ClientOptions): StreamClient {
  const received: Received[] = [];
  const refusals: string[] = [];
  let lastId = startId ?? null;
  let cuts = 0;
  let left = false;
  let spared = false;
  let socket: Socket | undefined;

  function connectOnce(): Promise<void> {
    const limit = spared ? null : cutAfter();
    let bytes: Buffer = Buffer.alloc(0);
    let taken = 0;
    const current = connect({ host: '127.0.0.1', port });
    socket = current;
    const header = lastId === null ? '' : `Last-Event-ID: ${lastId}\r\n`;
    current.write(`GET ${path} HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n${header}\r\n`);
    const parser = chunkedParser({
      onBlock: (block) => {
        const fields = new Map(block.split('\n').map((line) => splitField(line)));
        lastId = fields.get('id') ?? lastId;
        const data = fields.get('data');
        if (data !== undefined) received.push({ id: lastId ?? '', type: fields.get('event') ?? 'message', data });
      },
      onRefusal: (head) => refusals.push(head),
    });
    return new Promise((resolve) => {
      current.on('data', (chunk) => {
        const room = limit === null ? chunk.length : Math.max(0, limit - taken);
        taken += chunk.length;
        bytes = parser(Buffer.concat([bytes, chunk.subarray(0, room)]));
        if (limit !== null && taken >= limit) current.destroy();
      });
      current.on('error', () => undefined);
      current.once('close', () => resolve());
    });
  }

  async function run() {
    while (!left) {
      await connectOnce();
      cuts += 1;
      if (!left) await sleep(pauseMs);
    }
  }
  void run();

  return {
    received,
    refusals,
    cuts: () => cuts,
    lastId: () => lastId,
    spare: () => {
      spared = true;
      socket?.destroy();
    },
    leave: () => {
      left = true;
      socket?.destroy();
    },
  };
}

const splitField = (line: string): [string, string] => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
};

type ParserDeps = { onBlock: (block: string) => void; onRefusal: (head: string) => void };

/** Takes the bytes of an answer as they come; returns those that it could not use yet. */
function chunkedParser({ onBlock, onRefusal }: ParserDeps) {
  const decoder = new StringDecoder('utf8');
  let inBody = false;
  let left = 0;
  let text = '';

  return (bytes: Buffer): Buffer => {
    let rest = bytes;
    if (!inBody) {
      const headEnd = rest.indexOf('\r\n\r\n');
      if (headEnd < 0) return rest;
      const head = rest.subarray(0, headEnd).toString('latin1');
      if (!head.startsWith('HTTP/1.1 200 ')) onRefusal(head);
      inBody = true;
      rest = rest.subarray(headEnd + 4);
    }
    for (;;) {
      const part = rest.subarray(0, left);
      text += decoder.write(part);
      left -= part.length;
      rest = rest.subarray(part.length);
      if (left > 0) break;
      // What comes between two pieces: the end of the one, and the size of the next.
      const sizeAt = rest.indexOf('\r\n') === 0 ? 2 : 0;
      const sizeEnd = rest.indexOf('\r\n', sizeAt);
      if (sizeEnd < 0) break;
      left = Number.parseInt(rest.subarray(sizeAt, sizeEnd).toString('latin1'), 16);
      rest = rest.subarray(sizeEnd + 2);
      if (left === 0) break;
    }
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) onBlock(block);
    return rest;
  };
}

export type CuttingLink = { port: number; close: () => Promise<void> };

/** Connects on to `targetPort`, and breaks each connection, for both ends, after so many bytes of the answer. */
export async function openCuttingLink(targetPort: number, breakAfter: () => number | null): Promise<CuttingLink> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect({ host: '127.0.0.1', port: targetPort });
    const limit = breakAfter();
    let passed = 0;
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (chunk) => target.write(chunk));
    target.on('data', (chunk) => {
      const room = limit === null ? chunk.length : Math.max(0, limit - passed);
      passed += chunk.length;
      // Flushed before it breaks: the client is to have half a message, not none.
      client.write(chunk.subarray(0, room), () => {
        if (limit !== null && passed >= limit) client.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
