// What a folder may hold when the store is opened. Whatever is not a whole log is reported, and stays as it was.
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnusableFolderError } from './database.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import { verifyLog } from './verify-log.ts';

let folder: string;
let file: string;
let open: EventLog | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  file = join(folder, 'events.sqlite');
});

afterEach(async () => {
  await open?.close();
  open = undefined;
  rmSync(folder, { recursive: true });
});

const eventsWritten = 200;

async function writeLog(): Promise<void> {
  const log = openEventLog(folder);
  log.transaction(() => {
    for (let index = 0; index < eventsWritten; index += 1) {
      const [stream, number] = [`s-${index % 10}`, Math.floor(index / 10)];
      const id = crypto.randomUUID();
      const data = Buffer.from(`{"marker":"event ${index} here"}`);
      const createdMs = 1_700_000_000_000 + index;
      log.insert({ stream, number, id, type: 'Happened', isJson: true, createdMs, data, metadata: new Uint8Array() });
    }
  });
  await log.sync();
  await log.close();
}

const opening = () => {
  open = openEventLog(folder);
};

/** Changes the bytes of the file where `text` stands. */
function overwrite(text: string, by: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes.write(by, at);
  writeFileSync(file, bytes);
}

function verify() {
  const lines: string[] = [];
  const verdict = verifyLog(folder, (line) => lines.push(line));
  return { ...verdict, lines };
}

describe('a folder is refused, and left as it is,', () => {
  it.each<[string, () => void, RegExp]>([
    ['with an empty file', () => writeFileSync(file, ''), /events\.sqlite is empty, which a log never is/],
    ['with other bytes in the file', () => writeFileSync(file, 'x'.repeat(5_000)), /damaged: file is not a database/],
    [
      'without its file, but with a write-ahead log',
      () => cpSync(file, `${file}-wal`) ?? rmSync(file),
      /is missing, but/,
    ],
    [
      'with a file that was cut off',
      () => truncateSync(file, statSync(file).size - 4_096),
      /damaged: database disk image is malformed/,
    ],
    [
      'with a file of another format',
      () => execute('PRAGMA user_version = 99'),
      /has format 99, this event store reads/,
    ],
    ['with a database of somebody else', () => execute('PRAGMA application_id = 7'), /not an event store/],
  ])('%s', async (_name, damage, problem) => {
    await writeLog();
    damage();
    const found = { bytes: statSync(file, { throwIfNoEntry: false })?.size };
    expect(opening).toThrow(UnusableFolderError);
    expect(opening).toThrow(problem);
    expect(opening).toThrow('It was left as it is: restore the folder from a copy, or choose another one');
    expect({ bytes: statSync(file, { throwIfNoEntry: false })?.size }).toEqual(found);
  });

  it('where there is no folder to be had', () => {
    writeFileSync(file, 'a file');
    expect(() => openEventLog(join(file, 'data'))).toThrow(/cannot be used: ENOTDIR.*Choose a folder that this user/);
    expect(() => openEventLog('/proc/no/folders')).toThrow(/cannot be used: ENOENT.*Choose a folder that this user/);
  });
});

function execute(statement: string): void {
  const db = new DatabaseSync(file);
  db.exec(statement);
  db.close();
}

describe('a damaged record', () => {
  it('is not handed out: the read names its place', async () => {
    await writeLog();
    overwrite('event 150 here', 'event 151 here');
    opening();
    const reading = () => open?.readAll({ from: Number.MAX_SAFE_INTEGER, direction: 'backwards', limit: 64 });
    expect(reading).toThrow(/record at position \d+, event 15 of "s-0", does not match its checksum/);
  });

  it('at the end of the log is found before the first append', async () => {
    await writeLog();
    overwrite(`event ${eventsWritten - 1} here`, 'event 998 here');
    expect(opening).toThrow(/damaged: the record at position \d+, event 19 of "s-9", does not match its checksum/);
  });

  it('is found by a verification, with everything else', async () => {
    await writeLog();
    expect(verify()).toEqual({ isWhole: true, lines: [`${eventsWritten} events read, no damage found`] });
    overwrite('event 150 here', 'event 151 here');
    execute('DELETE FROM events WHERE position = (SELECT position FROM events ORDER BY position LIMIT 1 OFFSET 21)');
    const { isWhole, lines } = verify();
    expect(isWhole).toBe(false);
    expect(lines).toEqual([
      expect.stringMatching(/^position \d+: the record before it ends at \d+, so something is missing$/),
      expect.stringMatching(/^position \d+: event 15 of "s-0" does not match its checksum$/),
      'stream "s-1" has 19 events, but the last one is number 19',
      '199 events read, 3 findings',
    ]);
  });

  it('is not looked for where there is no log', () => {
    rmSync(folder, { recursive: true });
    expect(verify()).toMatchObject({
      isWhole: false,
      lines: [expect.stringContaining('there is no folder'), expect.anything()],
    });
    opening();
    rmSync(file);
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});
