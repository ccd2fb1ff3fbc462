import { orderStreamPrefix } from '@orders/order-store/order-store';
import { InvalidArgumentError } from 'commander';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const forms = new RegExp(`^(?:${orderStreamPrefix}|[^?#]*/orders/)?(${uuid})(?:/(?:events|stream)?)?$`, 'i');

/** For commander: the id in any of the forms that people copy, such as the name of the stream or a `Location`. */
export function orderId(text: string): string {
  const id = forms.exec(text.trim())?.[1];
  if (id === undefined)
    throw new InvalidArgumentError('It is to be the id of an order, such as 019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e.');
  return id.toLowerCase();
}
