// An order in lines for people: one for each thing that is known of it, none for what is not.
import type { OrderStatus } from '@orders/domain/order-types';
import type { OrderView } from '@orders/read-model/order-view';
import type { CommandContext, Format } from '../command-context.ts';
import { termsText } from '../event-words.ts';
import { printable } from '../printable.ts';

export const statusFormats: Record<OrderStatus, Format> = {
  placed: 'cyan',
  submitting: 'cyan',
  submitted: 'green',
  failed: 'red',
  in_doubt: 'yellow',
};

export function orderLines(view: OrderView, { paint }: Pick<CommandContext, 'paint'>): string {
  const { status, failure, exchange_order_id, submitted_at, in_doubt_since, redrives } = view;
  const lines: [string, string | null][] = [
    ['order', paint('bold', printable(view.id))],
    ['status', paint(statusFormats[status], status)],
    ['terms', termsText(view)],
    ['account', printable(view.account_id)],
    ['placed', view.created_at],
    ['exchange', exchange_order_id === null ? null : `${printable(exchange_order_id)}, submitted ${submitted_at}`],
    ['why', failure === null ? null : printable(`${failure.code}: ${failure.reason}`)],
    ['in doubt', in_doubt_since === null ? null : `since ${in_doubt_since}`],
    ['attempts', String(view.attempts)],
    ['redrives', redrives === 0 ? null : String(redrives)],
  ];
  return lines
    .filter(([, text]) => text !== null)
    .map(([name, text]) => `${name.padEnd(8)}  ${text}\n`)
    .join('');
}
