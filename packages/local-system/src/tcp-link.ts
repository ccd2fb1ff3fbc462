// One way of the network between processes: what connects to its port is connected on to the target, until the link is
// cut, falls silent or becomes slow. Silence keeps what is sent, as TCP does, and delivers it when it ends.
import { setMaxListeners } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type LinkState =
  | { kind: 'whole' }
  /** Connections break, and no new one comes about. */
  | { kind: 'cut' }
  /** Nothing arrives any more, in neither direction, and nobody is told. */
  | { kind: 'silent' }
  /** Every piece arrives this much later. */
  | { kind: 'slow'; delayMs: number };

export type TcpLink = { become: (state: LinkState) => void; close: () => Promise<void> };

/** Listens on `port` of the loopback address; connects to the same address. */
export async function openTcpLink({ port, targetPort }: { port: number; targetPort: number }): Promise<TcpLink> {
  const host = '127.0.0.1';
  const sockets = new Set<Socket>();
  let state: LinkState = { kind: 'whole' };
  let changed = new AbortController();

  async function passage(): Promise<void> {
    if (state.kind === 'slow') await sleep(state.delayMs);
    while (state.kind === 'silent') await sleep(60_000, undefined, { signal: changed.signal }).catch(() => undefined);
  }

  function pump(from: Socket, to: Socket): void {
    from.on('data', async (chunk) => {
      from.pause();
      await passage();
      if (to.destroyed) return;
      if (to.write(chunk)) from.resume();
      else to.once('drain', () => from.resume());
    });
  }

  function track(socket: Socket, peer: Socket): void {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      peer.destroy();
    });
  }

  const server = createServer((client) => {
    if (state.kind === 'cut') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const target = connect({ host, port: targetPort });
    track(client, target);
    track(target, client);
    pump(client, target);
    pump(target, client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  return {
    become(next) {
      state = next;
      changed.abort();
      changed = new AbortController();
      // Every connection that is silent waits for the end of the silence.
      setMaxListeners(0, changed.signal);
      if (next.kind === 'cut') for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
      state = { kind: 'cut' };
      changed.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
