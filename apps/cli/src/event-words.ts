// Events in the words of a table: what happened, and what of it matters, in one line each. Who needs all of an event
// asks for JSON.
import type { OrderEvent, OrderTerms } from '@orders/domain/order-types';
import type { Format } from './command-context.ts';
import { printable } from './printable.ts';

/** Such as `buy 5 DE0007164600 @ 120.50`. */
export const termsText = ({ side, quantity, instrument, limit_price }: OrderTerms): string =>
  printable(`${side} ${quantity} ${instrument} ${limit_price === null ? 'at market' : `@ ${limit_price}`}`);

export const detailsText = (event: OrderEvent): string => printable(detailsOf(event));

function detailsOf(event: OrderEvent): string {
  switch (event.type) {
    case 'OrderPlaced':
      return `${termsText(event.data)}, account ${event.data.account_id}`;
    case 'SubmissionStarted':
      return `attempt ${event.data.attempt}`;
    case 'SubmissionAttemptFailed': {
      const { attempt, reason, during_outage } = event.data;
      return `attempt ${attempt}: ${reason}${during_outage === true ? ' (exchange out of order)' : ''}`;
    }
    case 'OrderSubmitted': {
      const { exchange_order_id, attempts, evidence } = event.data;
      const asked = evidence === 'query' ? ', found by asking the exchange' : '';
      return `${exchange_order_id} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${asked}`;
    }
    case 'OrderFailed':
      return `${event.data.code}: ${event.data.reason}`;
    case 'OrderInDoubt':
      return `attempt ${event.data.attempt}: ${event.data.reason}`;
    case 'RedriveRequested':
      return `by ${event.data.by}: ${event.data.reason}`;
  }
}

/** For screens that are too narrow for the names of the types. */
export const shortNames: Record<OrderEvent['type'], string> = {
  OrderPlaced: 'placed',
  SubmissionStarted: 'started',
  SubmissionAttemptFailed: 'not placed',
  OrderSubmitted: 'submitted',
  OrderFailed: 'failed',
  OrderInDoubt: 'in doubt',
  RedriveRequested: 'redrive',
};

export const eventFormats: Record<OrderEvent['type'], Format | null> = {
  OrderPlaced: null,
  SubmissionStarted: null,
  SubmissionAttemptFailed: 'yellow',
  OrderSubmitted: 'green',
  OrderFailed: 'red',
  OrderInDoubt: 'yellow',
  RedriveRequested: 'cyan',
};
