// DuckDB as a part of this process: in memory, and within a bound; what does not fit goes to a folder that the caller
// names and removes. Nothing is ever fetched from outside, and the settings are the same wherever it runs, because
// files that are written must not depend on the machine.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export type DuckDbOptions = { memoryMb: number; threads: number; temporaryFolder: string };

export type OpenDuckDb = {
  connection: DuckDBConnection;
  /** A second one, for a statement beside one that is still being read. */
  connect: () => Promise<DuckDBConnection>;
  close: () => void;
};

export async function openDuckDb({ memoryMb, threads, temporaryFolder }: DuckDbOptions): Promise<OpenDuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    threads: String(threads),
    temp_directory: temporaryFolder,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allocator_flush_threshold: '8MB',
    enable_external_file_cache: 'false',
  });
  const connections: DuckDBConnection[] = [];
  async function connect() {
    const connection = await instance.connect();
    connections.push(connection);
    return connection;
  }
  return {
    connection: await connect(),
    connect,
    close: () => {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
    },
  };
}

const againMs = 50;

/** Stops what a connection is at, once the signal says so, and what it begins after that. Returns how to end that. */
export function interruptOn(signal: AbortSignal, connection: DuckDBConnection): () => void {
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    // A statement that is only about to begin does not notice.
    timer = setTimeout(interrupt, againMs);
  };
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) interrupt();
  return () => {
    signal.removeEventListener('abort', interrupt);
    clearTimeout(timer);
  };
}

export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const sqlList = (texts: readonly string[]): string => `[${texts.map(sqlText).join(', ')}]`;
