import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EventLog, openEventLog } from './event-log.ts';
import type { RecordedEvent } from './events.ts';

let dataFolder: string;
let log: EventLog;

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'event-store-'));
  log = openEventLog(dataFolder);
});

afterEach(() => {
  log.close();
  rmSync(dataFolder, { recursive: true });
});

const event = (fields: Partial<RecordedEvent>): RecordedEvent => ({
  stream: 's',
  number: 0,
  position: 64,
  id: randomUUID(),
  type: 'Happened',
  isJson: true,
  createdMs: 1_700_000_000_123,
  data: Buffer.from('{"a":1}'),
  metadata: new Uint8Array(),
  ...fields,
});

it.each([
  ['plain', {}],
  ['not ASCII', { stream: 'zażółć-💥', type: 'Größe' }],
  ['a zero byte in the name', { stream: 'a\0b', type: 'c\0d' }],
  ['binary data', { isJson: false, data: Uint8Array.of(0, 255, 128), metadata: Uint8Array.of(0) }],
  ['no data', { data: new Uint8Array() }],
])('returns an event as it was stored: %s', (_name, fields) => {
  const stored = event(fields);
  log.insert(stored);
  const [read] = log.readAll({ from: 0, direction: 'forwards', limit: 10 });
  expect({ ...read, data: Buffer.from(read?.data ?? []), metadata: Buffer.from(read?.metadata ?? []) }).toEqual({
    ...stored,
    data: Buffer.from(stored.data),
    metadata: Buffer.from(stored.metadata),
  });
});

it('ends a page after one mebibyte, but never before its first event', () => {
  const data = new Uint8Array(700_000);
  for (const number of [0, 1, 2]) log.insert(event({ number, position: 64 + number * 800_000, data }));
  const page = log.readStream('s', { from: 0, direction: 'forwards', limit: 10 });
  expect(page.map(({ number }) => number)).toEqual([0, 1]);
  expect(log.readStream('s', { from: 2, direction: 'forwards', limit: 10 })).toHaveLength(1);
});

it('is refused to a second one, in one line that names the file', () => {
  expect(() => openEventLog(dataFolder)).toThrow(/^.*events\.sqlite is in use by another process: .*$/);
});

it('refuses a file of a format that it does not know', () => {
  log.transaction(() => log.insert(event({})));
  log.close();
  rewriteFormat(dataFolder, 99);
  expect(() => openEventLog(dataFolder)).toThrow('has format 99');
  rewriteFormat(dataFolder, 1);
  log = openEventLog(dataFolder);
  expect(log.countEvents()).toBe(1);
});

function rewriteFormat(folder: string, version: number): void {
  const db = new DatabaseSync(join(folder, 'events.sqlite'));
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
}
