// What requests and answers look like, shown in the documentation. A test holds each one against its schema.
import { encodeCursor } from '../cursor.ts';
import { breaksRule, brokenRule } from '../field-errors.ts';
import { validationFailed } from '../problem.ts';
import { placementFailureMessage } from './answers.ts';
import { eventRules } from './event-rules.ts';

const id = '019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e';
const created_at = '2026-01-31T08:00:00.000Z';
const limitTerms = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };
const marketTerms = { type: 'market', side: 'sell', instrument: 'DE0007164600', quantity: 5 };
const order = {
  id,
  created_at,
  ...limitTerms,
  status: 'submitted',
  account_id: 'default',
  attempts: 1,
  exchange_order_id: '7d0c3f8e-2b1a-4c6d-8e9f-0a1b2c3d4e5f',
  submitted_at: '2026-01-31T08:00:00.561Z',
  failure: null,
  in_doubt_since: null,
  redrives: 0,
  revision: 2,
};

export const bodyExamples = {
  limit: { summary: 'Limit order', value: limitTerms },
  exactLimit: { summary: 'Limit order, the price as text', value: { ...limitTerms, limit_price: '120.50' } },
  market: { summary: 'Market order', value: marketTerms },
};

export const placedOrderExamples = {
  limit: { summary: 'Limit order', value: { id, created_at, ...limitTerms, status: 'placed' } },
  market: { summary: 'Market order', value: { id, created_at, ...marketTerms, limit_price: null, status: 'placed' } },
};

export const orderExamples = {
  submitted: { summary: 'At the exchange', value: order },
  failed: {
    summary: 'Refused by the exchange',
    value: {
      ...order,
      status: 'failed',
      exchange_order_id: null,
      submitted_at: null,
      failure: { code: 'refused_by_exchange', reason: 'unknown instrument' },
    },
  },
  inDoubt: {
    summary: 'With an operator',
    value: {
      ...order,
      status: 'in_doubt',
      exchange_order_id: null,
      submitted_at: null,
      failure: { code: 'in_doubt', reason: 'the outcome of a call is unknown, and the exchange cannot be asked' },
      in_doubt_since: '2026-01-31T08:00:05.020Z',
    },
  },
};

export const redriveBodyExamples = {
  redrive: { summary: 'Any redrive', value: { by: 'j.doe', reason: 'not in the drop copy of the exchange' } },
};

export const redriveExamples = {
  redriven: {
    summary: 'Open again',
    value: { ...order, status: 'placed', exchange_order_id: null, submitted_at: null, redrives: 1, revision: 4 },
  },
};

export const orderPageExamples = {
  page: {
    summary: 'A page with a next one',
    value: { orders: [order], next_cursor: encodeCursor({ placedAtMs: Date.parse(created_at), id }) },
  },
};

const placedEvent = {
  type: 'OrderPlaced',
  revision: '0',
  position: '8123',
  recorded_at: '2026-01-31T08:00:00.004Z',
  data: { order_id: id, account_id: 'default', ...limitTerms, limit_price: '120.50', placed_at: created_at },
  metadata: {
    $correlationId: 'checkout-17',
    $causationId: 'a3bb189e-8bf9-4c5d-9d6f-2f1d0c9b8a77',
    schema_version: 1,
  },
  id: 'f81d4fae-7dec-51d0-a765-00a0c91e6bf6',
};

export const orderEventsExamples = {
  placed: { summary: 'An order that was just placed', value: { events: [placedEvent] } },
};

export const eventPageExamples = {
  atEnd: {
    summary: 'The end of the log, for now',
    value: { events: [placedEvent], next_cursor: placedEvent.position, at_end: true },
  },
};

export const eventLinesExamples = {
  lines: { summary: 'One event a line', value: `${JSON.stringify(placedEvent)}\n` },
};

export const eventStreamExamples = {
  opening: {
    summary: 'From the start of the stream on',
    value:
      ': open\nretry: 1000\n\n: alive\nid: 8010\n\n' +
      `id: ${placedEvent.position}\nevent: ${placedEvent.type}\ndata: ${JSON.stringify(placedEvent)}\n\n`,
  },
};

export const placementFailureExamples = {
  failure: { summary: 'Any failure', value: { message: placementFailureMessage } },
};

export const invalidOrder = validationFailed(
  new Map([
    ['limit_price', 'Attribute `limit_price` is required for type `limit`'],
    ['quantity', 'Attribute `quantity` is required'],
  ]),
);

export const invalidRedrive = validationFailed(new Map([['reason', 'Attribute `reason` is required']]));

export const invalidQuery = validationFailed(new Map([['limit', breaksRule('querystring', 'limit')]]));

export const invalidEventQuery = validationFailed(
  new Map([['cursor', brokenRule('querystring', 'cursor', eventRules.cursor)]]),
);

export const invalidLastEventId = validationFailed(
  new Map([['Last-Event-ID', brokenRule('headers', 'Last-Event-ID', eventRules['Last-Event-ID'])]]),
);
