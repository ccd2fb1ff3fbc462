import { eventJson } from '@orders/order-store/event-json';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import { orderFailed, orderPlaced } from '@orders/test-kit/order-events';
import { describe, expect, it } from 'vitest';
import { blocksOf, eventTable, jsonLine } from './event-lines.ts';

const id = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';
const recorded = (event = orderPlaced(id, { account_id: 'Zoë "the\n\u2028shark"' })): RecordedOrderEvent => ({
  event,
  id: 'e-1',
  orderId: id,
  revision: 0n,
  position: { commit: 2n ** 63n, prepare: 2n ** 63n },
  recordedAt: new Date('2026-01-31T08:00:00.123Z'),
  metadata: { $correlationId: 'c"1', $causationId: 'c-2', schema_version: 1 },
});
const table = (output: number | null) =>
  eventTable({ columns: { output, errors: null }, paint: (_format, text) => text, end: 2n ** 63n });

describe('a line', () => {
  it('of JSON is the one JSON form of the event', () =>
    expect(jsonLine(recorded())).toBe(`${JSON.stringify(eventJson(recorded()))}\n`));

  it.each([80, 100, 120, 160, 200])('of the table is never wider than a terminal of %i columns', (width) => {
    const { titles, lineOf } = table(width);
    const line = lineOf(
      recorded({ ...orderFailed(id), data: { ...orderFailed(id).data, reason: 'x'.repeat(400) } } as never),
    );
    for (const text of [titles, line]) expect(text.trimEnd().length).toBeLessThanOrEqual(width);
    expect(line).toContain(id);
  });

  it('tells nothing less where there is no terminal', () => {
    const { lineOf } = table(null);
    expect(lineOf(recorded(orderPlaced(id)))).toMatch(
      /^2026-01-31T08:00:00\.123Z +\d+ +OrderPlaced .+ account default\n$/,
    );
  });
});

describe('blocksOf', () => {
  it('cuts between lines only, and never makes a block larger than the output takes at once', () => {
    const lineOf = ({ revision }: RecordedOrderEvent) => `${'ë'.repeat(Number(revision))}\n`;
    const events = Array.from({ length: 50 }, (_, index) => ({ ...recorded(), revision: BigInt(index) }));
    const blocks = [...blocksOf(events, { lineOf, blockBytes: 128 })];
    expect(blocks.join('')).toBe(events.map(lineOf).join(''));
    expect(blocks.every((block) => block.endsWith('\n') && Buffer.byteLength(block) <= 128)).toBe(true);
  });
});
