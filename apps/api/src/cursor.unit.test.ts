import { describe, expect, it } from 'vitest';
import { cursorLengthMax, decodeCursor, encodeCursor } from './cursor.ts';

const cursor = { placedAtMs: 1_769_846_400_123, id: '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e' };

describe('a cursor', () => {
  it('comes back as it went out, within its length', () => {
    const text = encodeCursor(cursor);
    expect(decodeCursor(text)).toEqual(cursor);
    expect(text.length).toBeLessThanOrEqual(cursorLengthMax);
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['nothing', ''],
    ['nonsense', 'nonsense'],
    ['another separator', Buffer.from(`${cursor.placedAtMs}/${cursor.id}`).toString('base64url')],
    ['a time that is no number', Buffer.from(`soon_${cursor.id}`).toString('base64url')],
    ['an id that is no UUID', Buffer.from(`${cursor.placedAtMs}_nope`).toString('base64url')],
    ['a time in another notation', Buffer.from(`0${cursor.placedAtMs}_${cursor.id}`).toString('base64url')],
    ['something after its end', `${encodeCursor(cursor)}!`],
    ['padding', `${encodeCursor(cursor)}==`],
  ])('is none with %s', (_name, text) => {
    expect(decodeCursor(text)).toBeNull();
  });
});
