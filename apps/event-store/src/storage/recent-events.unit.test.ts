import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from './events.ts';
import { createRecentEvents } from './recent-events.ts';

const everything = Number.MAX_SAFE_INTEGER;
const megabyte = 1_048_576;
const eventAt = (position: number, size = 10) =>
  ({ position, data: new Uint8Array(size), metadata: new Uint8Array() }) as RecordedEvent;
const positions = (events: RecordedEvent[] | undefined) => events?.map(({ position }) => position);

function filled(...at: number[]) {
  const recent = createRecentEvents(8);
  for (const position of at) recent.add(eventAt(position));
  return recent;
}

describe('the newest events', () => {
  it('are those from a position on, below another one, and no more than asked for', () => {
    const recent = filled(10, 20, 30, 40);
    expect(positions(recent.read(10, everything, 9, megabyte))).toEqual([10, 20, 30, 40]);
    expect(positions(recent.read(11, everything, 9, megabyte))).toEqual([20, 30, 40]);
    expect(positions(recent.read(20, 40, 9, megabyte))).toEqual([20, 30]);
    expect(positions(recent.read(10, everything, 2, megabyte))).toEqual([10, 20]);
    expect(positions(recent.read(41, everything, 9, megabyte))).toEqual([]);
  });

  it('are not told of where older ones would belong to them', () => {
    expect(filled().read(0, everything, 9, megabyte)).toBeUndefined();
    expect(filled(10, 20).read(9, everything, 9, megabyte)).toBeUndefined();
    const recent = filled(1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(recent.read(1, everything, 9, megabyte)).toBeUndefined();
    expect(positions(recent.read(6, everything, 9, megabyte))).toEqual([6, 7, 8, 9]);
  });

  it('are as many as fit into a page, and at least one', () => {
    const recent = filled(10, 20, 30, 40);
    expect(positions(recent.read(10, everything, 9, 25))).toEqual([10, 20, 30]);
    expect(positions(recent.read(10, everything, 9, 20))).toEqual([10, 20]);
    expect(positions(recent.read(20, everything, 9, 1))).toEqual([20]);
  });

  it('do not hold what was not written after all', () => {
    const recent = filled(10, 20, 30);
    recent.forgetFrom(20);
    recent.add(eventAt(25));
    expect(positions(recent.read(10, everything, 9, megabyte))).toEqual([10, 25]);
  });

  it('are let go when they are too large', () => {
    const recent = filled(10);
    recent.add(eventAt(20, 5_000_000));
    expect(recent.read(10, everything, 9, megabyte)).toBeUndefined();
    recent.add(eventAt(30));
    expect(recent.read(20, everything, 9, megabyte)).toBeUndefined();
    expect(positions(recent.read(30, everything, 9, megabyte))).toEqual([30]);
  });
});
