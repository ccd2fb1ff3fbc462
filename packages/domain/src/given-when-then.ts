// The three words in which the rules of an order are tested.
import { decide, foldOrder } from './order.ts';
import type { OrderCommand, OrderEvent } from './order-types.ts';

export const given = (...history: OrderEvent[]) => ({
  when: (command: OrderCommand) => (): OrderEvent[] => decide(command, foldOrder(history)),
});
