import { expect, it } from 'vitest';
import type { RecordedEvent } from '../storage/events.ts';
import type { EventStore } from '../storage/store.ts';
import { resolveLink } from './links.ts';

const event = (fields: Partial<RecordedEvent>): RecordedEvent => ({
  stream: 's@t',
  number: 0,
  position: 64,
  id: '3f0c11aa-0000-4000-8000-00000000beef',
  type: 'Happened',
  isJson: false,
  createdMs: 0,
  data: new Uint8Array(),
  metadata: new Uint8Array(),
  ...fields,
});
const target = event({});
const link = (text: string) => event({ stream: 'links', type: '$>', data: Buffer.from(text) });
const store = {
  presenceOf: (stream: string) => (stream === 's@t' ? 'present' : 'absent'),
  readStream: (_stream: string, { from }: { from: number }) => (from <= 0 ? [target] : []),
} as unknown as EventStore;

it('names the event before the first @, the stream behind it', () => {
  const found = link('0@s@t');
  expect(resolveLink(store, found, { isLive: false })).toEqual({ event: target, link: found });
});

it.each(['1@s@t', '0@t', '0@'])('leads nowhere when there is no such event: %s', (text) => {
  const broken = link(text);
  expect(resolveLink(store, broken, { isLive: false })).toEqual({ event: undefined, link: broken });
});

it.each(['', '@s@t', '-1@s@t', '0x0@s@t', '1e0@s@t', ' 0@s@t', 'zero'])('is none without a number: "%s"', (text) => {
  const odd = link(text);
  expect(resolveLink(store, odd, { isLive: false })).toEqual({ event: odd });
  expect(resolveLink(store, odd, { isLive: true })).toEqual({ link: odd });
});
