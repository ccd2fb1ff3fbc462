// The thread that copies the write-ahead log into the file of the log: the waiting for the disk that this takes would
// otherwise stop the event loop. A pass covers what was committed when it began.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const db = new DatabaseSync(workerData as string);
const pass = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

parentPort?.on('message', () => {
  try {
    pass.get();
    parentPort?.postMessage(undefined);
  } catch (err) {
    parentPort?.postMessage(err);
  }
});
