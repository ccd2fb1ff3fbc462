import { describe, expect, it } from 'vitest';
import { UnusableInputError } from '../failures.ts';
import { readAcknowledgements } from './acknowledgements.ts';

const answer = {
  id: 'a',
  created_at: '2026-01-02T03:04:05.678Z',
  type: 'limit',
  side: 'buy',
  instrument: 'DE0007164600',
  limit_price: 120.5,
  quantity: 5,
  status: 'placed',
};
async function* pieces(...texts: string[]) {
  yield* texts;
}
const read = (...texts: string[]) => Array.fromAsync(readAcknowledgements(pieces(...texts)));
const line = (over: object = {}) => `${JSON.stringify({ ...answer, ...over })}\n`;

describe('readAcknowledgements', () => {
  it('reads the price as the log writes it', async () => {
    const { id: _, created_at: __, status: ___, ...terms } = answer;
    const told = { id: 'a', terms: { ...terms, limit_price: '120.50' }, key: null };
    expect(await read(line())).toEqual([told]);
    expect((await read(line({ limit_price: null })))[0]?.terms.limit_price).toBe(null);
  });

  it('takes nothing for granted that a line does not state', async () =>
    expect(await read('{"id":"a","side":"sell"}\n')).toEqual([{ id: 'a', terms: { side: 'sell' }, key: null }]));

  it('keeps keys of different accounts apart', async () => {
    const told = await read(line({ idempotency_key: 'k' }), line({ idempotency_key: 'k', account_id: 'b' }));
    expect(new Set(told.map(({ key }) => key)).size).toBe(2);
  });

  it.each(['no JSON', '[]', 'null', '7', '{}', '{"id":7}', '{"id":""}'])(
    'refuses a line of %s, and says which',
    async (text) => {
      const reading = read(line(), `${text}\n`, line());
      await expect(reading).rejects.toThrow(UnusableInputError);
      await expect(reading).rejects.toThrow('line 2 ');
    },
  );

  it('leaves out a last line that was torn off, and keeps one that only lacks its end', async () => {
    expect(await read(line(), line({ id: 'b' }).slice(0, 20))).toHaveLength(1);
    expect(await read(line(), line({ id: 'b' }).trimEnd())).toHaveLength(2);
  });
});
