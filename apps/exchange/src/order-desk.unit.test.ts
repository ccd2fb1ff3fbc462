import { DatabaseSync } from 'node:sqlite';
import type { ExchangeOrder } from '@orders/stock-exchange/exchange';
import { describe, expect, it } from 'vitest';
import { faultControl } from './faults.ts';
import { ledgerOver } from './ledger.ts';
import { orderDesk } from './order-desk.ts';

const clientOrderId = '3f0c4f0e-8f5a-5d8e-9c53-1f0a4f6f7a11';
const terms = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: '120.50', quantity: 5 } as const;
const order: ExchangeOrder = { clientOrderId, terms };
const otherTerms: ExchangeOrder = { clientOrderId, terms: { ...terms, quantity: 6 } };

function openDesk() {
  const ledger = ledgerOver(new DatabaseSync(':memory:'));
  const faults = faultControl({ failure_rate: 0, latency_ms: 0 });
  return { ledger, faults, desk: orderDesk({ ledger, faults: faults.current, random: () => 0.5 }) };
}

describe('while a call is under way', () => {
  it('joins a twin to it', async () => {
    const { desk, ledger } = openDesk();
    const verdicts = await Promise.all([desk.place(order), desk.place(order)]);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'repeated']);
    expect(ledger.size()).toBe(1);
    expect(desk.underWay()).toBe(0);
  });

  it('gives a twin the failure too, not a second draw', async () => {
    const { desk, faults, ledger } = openDesk();
    faults.replace({ failure_rate: 1 });
    const first = desk.place(order);
    faults.replace({ failure_rate: 0 });
    const verdicts = await Promise.all([first, desk.place(order)]);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['not_placed', 'not_placed']);
    expect(ledger.size()).toBe(0);
  });

  it('refuses other terms under its id', async () => {
    const { desk } = openDesk();
    const verdicts = await Promise.all([desk.place(order), desk.place(otherTerms)]);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'in_use']);
  });

  it('calls no order absent that is about to stand', async () => {
    const { desk } = openDesk();
    const [, answer] = await Promise.all([desk.place(order), desk.query(clientOrderId)]);
    expect(answer.kind).toBe('found');
  });

  it('does not claim in an outage that nothing was placed', async () => {
    const { desk, faults } = openDesk();
    const first = desk.place(order);
    faults.replace({ outage: true });
    expect((await desk.place(order)).kind).toBe('unavailable');
    expect((await first).kind).toBe('accepted');
    expect((await desk.place(order)).kind).toBe('unavailable');
    expect((await desk.query(clientOrderId)).kind).toBe('unavailable');
  });
});

describe('a standing order', () => {
  it('is repeated without a draw, a wait or a rule', async () => {
    const { desk, faults } = openDesk();
    await desk.place(order);
    const latency = { kind: 'fixed', ms: 60_000 } as const;
    faults.replace({ failure_rate: 1, latency, lose_answer_rate: 1, reject: [{ reason: 'closed' }] });
    expect((await desk.place(order)).kind).toBe('repeated');
    expect((await desk.place(otherTerms)).kind).toBe('in_use');
  });
});

it('lets an order be sent again after it was rejected', async () => {
  const { desk, faults } = openDesk();
  faults.replace({ reject: [{ reason: 'closed' }] });
  expect(await desk.place(order)).toEqual({ kind: 'rejected', reason: 'closed' });
  expect((await desk.query(clientOrderId)).kind).toBe('absent');
  faults.replace({});
  expect((await desk.place(order)).kind).toBe('accepted');
});

it('fails, and keeps no trace, when the ledger fails', async () => {
  const { desk, ledger } = openDesk();
  ledger.close();
  await expect(desk.place(order)).rejects.toThrow();
  expect(desk.underWay()).toBe(0);
});
