// The open event streams of the process: how many there may be, and their end. A stream that is asked to end does so at
// once, so that a shutdown need not wait for clients that would stay for ever; they go on elsewhere from their last id.
export type StreamLimits = {
  /** Open streams of the process; each holds a connection and a few chunks at most. */
  streamsMax: number;
  /** How long a stream is silent at most. */
  heartbeatMs: number;
  /** A client that takes nothing for so long is gone, or might as well be. */
  blockedMs: number;
};

/** Those of the settings, and a time in which a connection that works has taken some kilobytes. */
export const streamDefaults: StreamLimits = { streamsMax: 1_000, heartbeatMs: 15_000, blockedMs: 30_000 };

type Connection = {
  destroyed: boolean;
  destroy: () => unknown;
  once: (event: 'close', listener: () => void) => unknown;
};

export type OpenStream = {
  /** Aborted when the stream is to end: the client left, or the process stops. */
  signal: AbortSignal;
  /** Cuts the connection, for a client that does not take what it is sent. */
  cut: () => void;
};

export type OpenStreams = {
  /** `full`: there are as many as there may be. `over`: the process stops, or the client has left. */
  open: (connection: Connection) => OpenStream | 'full' | 'over';
  count: () => number;
  endAll: () => void;
};

// Time for the last bytes of a stream to leave; a client that has not taken them by then is not waited for.
const cutAfterMs = 1_000;

export function openStreams({ streamsMax }: Pick<StreamLimits, 'streamsMax'>): OpenStreams {
  const streams = new Map<AbortController, Connection>();
  let closing = false;

  return {
    open(connection) {
      if (closing || connection.destroyed) return 'over';
      if (streams.size >= streamsMax) return 'full';
      const ending = new AbortController();
      streams.set(ending, connection);
      connection.once('close', () => {
        streams.delete(ending);
        ending.abort();
      });
      return { signal: ending.signal, cut: () => connection.destroy() };
    },
    count: () => streams.size,
    endAll() {
      closing = true;
      for (const ending of streams.keys()) ending.abort();
      setTimeout(() => {
        for (const connection of streams.values()) connection.destroy();
      }, cutAfterMs).unref();
    },
  };
}
