import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EventLog, openEventLog } from './event-log.ts';
import type { RecordedEvent } from './events.ts';

let dataFolder: string;
let log: EventLog;

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'event-store-'));
  log = openEventLog(dataFolder);
});

afterEach(async () => {
  await log.close();
  rmSync(dataFolder, { recursive: true });
});

const event = (fields: Partial<RecordedEvent>) => ({
  stream: 's',
  number: 0,
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
])('returns an event as it was stored: %s', async (_name, fields) => {
  const stored = log.insert(event(fields));
  await log.sync();
  const [read] = log.readAll({ from: 0, direction: 'forwards', limit: 10 });
  expect({ ...read, data: Buffer.from(read?.data ?? []), metadata: Buffer.from(read?.metadata ?? []) }).toEqual({
    ...stored,
    data: Buffer.from(stored.data),
    metadata: Buffer.from(stored.metadata),
  });
});

it('ends a page after one mebibyte, but never before its first event', async () => {
  const data = new Uint8Array(700_000);
  for (const number of [0, 1, 2]) log.insert(event({ number, data }));
  await log.sync();
  const page = log.readStream('s', { from: 0, direction: 'forwards', limit: 10 });
  expect(page.map(({ number }) => number)).toEqual([0, 1]);
  expect(log.readStream('s', { from: 2, direction: 'forwards', limit: 10 })).toHaveLength(1);
});

it('is refused to a second one, in one line that names the folder', () => {
  expect(() => openEventLog(dataFolder)).toThrow(`${dataFolder} is in use by another process. Stop that process`);
});

it('shows to readers what is on the disk, and to the next transaction everything', async () => {
  log.transaction(() => log.insert(event({})));
  expect(log.written.lastNumber('s')).toBe(0);
  expect(log.lastNumber('s')).toBe(-1);
  expect(log.lastPosition()).toBe(0);
  expect(log.readAll({ from: 0, direction: 'forwards' })).toEqual([]);
  expect(log.readStream('s', { from: 0, direction: 'forwards' })).toEqual([]);
  await log.sync();
  expect(log.lastNumber('s')).toBe(0);
  expect(log.lastPosition()).toBe(64);
  expect(log.readAll({ from: 0, direction: 'forwards' })).toHaveLength(1);
  expect(log.readStream('s', { from: 0, direction: 'forwards' })).toHaveLength(1);
});

it('gives the position of a transaction that failed to the next one', () => {
  const failing = () =>
    log.transaction(() => {
      log.insert(event({}));
      throw new Error('disk is full');
    });
  expect(failing).toThrow('disk is full');
  expect(log.transaction(() => log.insert(event({})))).toMatchObject({ position: 64 });
});

it('keeps its write-ahead log short while it is written to without a pause', async () => {
  const data = new Uint8Array(500_000);
  const walBytes = () => statSync(join(dataFolder, 'events.sqlite-wal')).size;
  // However slow the thread is that copies it: a log that is never copied is as long as what was written.
  let number = 0;
  do {
    log.transaction(() => log.insert(event({ number, data })));
    await log.sync();
    number += 1;
  } while (number * data.length < 2 * walBytes() && number < 2_000);
  expect(walBytes()).toBeLessThan((number * data.length) / 2 + 1);
});

it('notices that its files were removed', async () => {
  rmSync(join(dataFolder, 'events.sqlite'));
  log.transaction(() => log.insert(event({})));
  await expect(log.sync()).rejects.toThrow('events.sqlite was removed or replaced while it was open');
});
