// Brings committed transactions to the disk. SQLite has written them to its write-ahead log without waiting; waiting
// for the disk happens here, on another thread, while the event loop takes the next appends.
import { closeSync, fdatasync, openSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

const flush = promisify(fdatasync);

export type WalSync = Readonly<{
  /** Resolves when everything that was committed before the call is on the disk. */
  sync: () => Promise<void>;
  close: () => void;
}>;

/** `file` is an open database in WAL mode. */
export function openWalSync(file: string): WalSync {
  const paths = [file, `${file}-wal`];
  const handle = openSync(`${file}-wal`, 'r');
  const inodes = paths.map((path) => statSync(path).ino);

  async function sync(): Promise<void> {
    await flush(handle);
    // Whoever removed the files left us writing into what nobody will ever open again.
    for (const [index, path] of paths.entries()) {
      if (statSync(path, { throwIfNoEntry: false })?.ino !== inodes[index])
        throw new Error(`${path} was removed or replaced while it was open`);
    }
  }

  return { sync, close: () => closeSync(handle) };
}
