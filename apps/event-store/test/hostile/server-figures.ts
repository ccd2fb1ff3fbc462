// Loaded into the process of the event store before its own code: tells the test what the process holds. Memory is
// measured after a collection, so that what is left is held by something.
import { subscribe } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';

export type ServerFigures = {
  /** Calls that the server has not closed. */
  openCalls: number;
  sockets: number;
  heldBytes: number;
  residentBytes: number;
};

let openCalls = 0;
subscribe('http2.server.stream.created', () => {
  openCalls += 1;
});
subscribe('http2.server.stream.close', () => {
  openCalls -= 1;
});

process.on('message', async () => {
  // What a buffer keeps outside of the heap is given back in a turn after the collection that found it.
  for (let collections = 0; collections < 3; collections += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const sockets = process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
  process.send?.({ openCalls, sockets, heldBytes: heapUsed + external, residentBytes: rss } satisfies ServerFigures);
});

// Nobody measures it any more, nor will anybody stop it.
process.on('disconnect', () => process.exit());
