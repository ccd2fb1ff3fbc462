// One order, from the client's request to the exchange's answer. Nothing here performs I/O or reads a clock: ids and
// times arrive inside the command, so a replay always ends the same way.
import { isDeepStrictEqual } from 'node:util';
import { OrderError } from './errors.ts';
import type {
  ConfirmSubmission,
  ExistingOrder,
  Order,
  OrderCommand,
  OrderEvent,
  OrderPlaced,
  OrderTerms,
  ParkOrder,
  PlaceOrder,
  RecordAbsence,
  RecordAttemptFailure,
  RefuseOrder,
  RequestRedrive,
  StartSubmission,
} from './order-types.ts';

export const absentOrder: Order = { status: 'absent' };

/**
 * The facts that follow from a command; none when it is already fulfilled. Throws {@link OrderError} for a broken rule.
 */
export function decide(command: OrderCommand, order: Order): OrderEvent[] {
  if (command.type === 'PlaceOrder') return place(command, order);
  if (order.status === 'absent') throw new OrderError('order_not_found', command.data.order_id);
  switch (command.type) {
    case 'StartSubmission':
      return start(command, order);
    case 'RecordAttemptFailure':
      return recordAttemptFailure(command, order);
    case 'ConfirmSubmission':
      return confirm(command, order);
    case 'RefuseOrder':
      return refuse(command, order);
    case 'ParkOrder':
      return park(command, order);
    case 'RecordAbsence':
      return recordAbsence(command, order);
    case 'RequestRedrive':
      return redrive(command, order);
  }
}

/**
 * Whether a call may have placed the order, for all that the stream knows, and nobody has answered for it since: by a
 * redrive an operator does. The call that is under way is not meant.
 */
export const isDoubtful = (order: ExistingOrder): boolean => order.last_unresolved > order.attempts_before_redrive;

/** Whether an earlier call may have placed the order, for all that is known: a redrive may or may not answer for it. */
const mayStand = (order: ExistingOrder, redriveAnswers: boolean): boolean =>
  redriveAnswers ? isDoubtful(order) : order.last_unresolved > 0;

/** Whether the order still waits for the outcome of this attempt. An answer that comes late ends the doubt about it. */
export const awaitsOutcome = (order: ExistingOrder, attempt: number): boolean =>
  order.attempts === attempt && (order.status === 'submitting' || (order.status === 'in_doubt' && !isDoubtful(order)));

function place({ data: { terms, at, ...who } }: PlaceOrder, order: Order): OrderEvent[] {
  if (order.status === 'absent') return [{ type: 'OrderPlaced', data: { ...who, ...terms, placed_at: at } }];
  // A client that lost our answer sends the same terms again: that is not a second order.
  if (order.account_id === who.account_id && isDeepStrictEqual(order.terms, terms)) return [];
  throw new OrderError('order_exists_with_other_terms', who.order_id);
}

// Also allowed while an earlier call is open: whether repeating is safe is for the caller, who knows the exchange.
function start({ data: { order_id, at } }: StartSubmission, order: ExistingOrder): OrderEvent[] {
  if (order.status !== 'placed' && order.status !== 'submitting') {
    throw new OrderError('order_already_settled', order_id);
  }
  return [{ type: 'SubmissionStarted', data: { order_id, attempt: order.attempts + 1, started_at: at } }];
}

function recordAttemptFailure({ data }: RecordAttemptFailure, order: ExistingOrder): OrderEvent[] {
  const { order_id, attempt, reason, during_outage, redrive_answers, attempts_max, at } = data;
  if (!awaitsOutcome(order, attempt)) throw new OrderError('submission_not_started', order_id);
  if (during_outage) {
    return [{ type: 'SubmissionAttemptFailed', data: { order_id, attempt, reason, during_outage } }];
  }
  if (order.failures + 1 < attempts_max) {
    return [{ type: 'SubmissionAttemptFailed', data: { order_id, attempt, reason } }];
  }
  // That the last call placed nothing says nothing about an earlier one whose answer was lost.
  if (mayStand(order, redrive_answers))
    return [{ type: 'OrderInDoubt', data: { order_id, attempt, reason, in_doubt_since: at } }];
  const code = 'attempts_exhausted';
  return [{ type: 'OrderFailed', data: { order_id, code, reason, attempts: attempt, failed_at: at } }];
}

// Evidence wins over every guess, whatever the order was believed to be before.
function confirm({ data }: ConfirmSubmission, order: ExistingOrder): OrderEvent[] {
  const { order_id, exchange_order_id, evidence, at } = data;
  if (order.status === 'submitted') {
    // The same reference again is a redelivered job; another one means that the exchange acted twice.
    if (order.exchange_order_id === exchange_order_id) return [];
    throw new OrderError('order_already_settled', order_id);
  }
  const { attempts } = order;
  return [{ type: 'OrderSubmitted', data: { order_id, exchange_order_id, attempts, submitted_at: at, evidence } }];
}

function refuse({ data }: RefuseOrder, order: ExistingOrder): OrderEvent[] {
  const { order_id, attempt, reason, redrive_answers, at } = data;
  if (order.status === 'failed') return [];
  if (order.status === 'submitted') throw new OrderError('order_already_settled', order_id);
  // A refusal speaks of its own call: one that was begun since may yet be accepted, and so may an earlier one that is
  // still on its way, once the rule is lifted.
  if (!awaitsOutcome(order, attempt)) throw new OrderError('submission_not_started', order_id);
  if (mayStand(order, redrive_answers))
    return [{ type: 'OrderInDoubt', data: { order_id, attempt, reason, in_doubt_since: at } }];
  const code = 'refused_by_exchange';
  return [{ type: 'OrderFailed', data: { order_id, code, reason, attempts: attempt, failed_at: at } }];
}

function park({ data: { order_id, reason, at } }: ParkOrder, order: ExistingOrder): OrderEvent[] {
  if (order.status === 'in_doubt') return [];
  if (order.status === 'submitted') throw new OrderError('order_already_settled', order_id);
  if (order.status !== 'submitting' && !isDoubtful(order)) throw new OrderError('submission_not_started', order_id);
  return [{ type: 'OrderInDoubt', data: { order_id, attempt: order.attempts, reason, in_doubt_since: at } }];
}

function recordAbsence({ data: { order_id, at } }: RecordAbsence, order: ExistingOrder): OrderEvent[] {
  if (order.status !== 'in_doubt') throw new OrderError('order_not_in_doubt', order_id);
  const reason = 'it was in doubt, and the exchange does not have it';
  const { attempts } = order;
  return [{ type: 'OrderFailed', data: { order_id, code: 'not_at_exchange', reason, attempts, failed_at: at } }];
}

function redrive({ data: { at, ...request } }: RequestRedrive, order: ExistingOrder): OrderEvent[] {
  if (order.status !== 'failed' && order.status !== 'in_doubt') {
    throw new OrderError('order_not_redrivable', request.order_id);
  }
  return [{ type: 'RedriveRequested', data: { ...request, requested_at: at } }];
}

/** Events are facts: every sequence that a stream can hold is accepted, and nothing is ever thrown. */
export function evolve(order: Order, event: OrderEvent): Order {
  if (order.status === 'absent') return event.type === 'OrderPlaced' ? placedOrder(event) : order;
  if (event.type === 'OrderSubmitted') {
    const { exchange_order_id } = event.data;
    return order.status === 'submitted' ? order : { ...known(order), status: 'submitted', exchange_order_id };
  }
  // Nothing that comes after the evidence can undo it.
  if (order.status === 'submitted') return order;
  switch (event.type) {
    case 'OrderPlaced':
      return order;
    case 'SubmissionStarted': {
      const last_unresolved = order.status === 'submitting' ? order.attempts : order.last_unresolved;
      const { attempt, started_at } = event.data;
      return { ...known(order), attempts: attempt, last_unresolved, status: 'submitting', started_at };
    }
    case 'SubmissionAttemptFailed': {
      if (order.status !== 'submitting' && order.status !== 'in_doubt') return order;
      const failures = order.failures + (event.data.during_outage === true ? 0 : 1);
      return { ...known(order), failures, status: 'placed' };
    }
    case 'OrderFailed':
      // A failure is definite, whatever was open before it.
      return { ...known(order), last_unresolved: 0, status: 'failed', code: event.data.code };
    case 'OrderInDoubt':
      return { ...known(order), status: 'in_doubt', in_doubt_since: event.data.in_doubt_since };
    case 'RedriveRequested':
      return order.status === 'failed' || order.status === 'in_doubt' ? redriven(order) : order;
  }
}

export const foldOrder = (events: Iterable<OrderEvent>): Order => {
  let order: Order = absentOrder;
  for (const event of events) order = evolve(order, event);
  return order;
};

export function termsOf({ data }: OrderPlaced): OrderTerms {
  const { type, side, instrument, limit_price, quantity } = data;
  return { type, side, instrument, limit_price, quantity };
}

function placedOrder(event: OrderPlaced): Order {
  const { order_id: id, account_id, placed_at } = event.data;
  const nothingTried = { attempts: 0, attempts_before_redrive: 0, failures: 0, last_unresolved: 0, redrives: 0 };
  return { id, account_id, terms: termsOf(event), placed_at, ...nothingTried, status: 'placed' };
}

function redriven(order: ExistingOrder): Order {
  const { attempts, redrives } = order;
  const last_unresolved = order.status === 'in_doubt' ? attempts : order.last_unresolved;
  const begun = { attempts_before_redrive: attempts, failures: 0, last_unresolved, redrives: redrives + 1 };
  return { ...known(order), ...begun, status: 'placed' };
}

function known(order: ExistingOrder) {
  const { id, account_id, terms, placed_at, attempts, attempts_before_redrive, failures, redrives } = order;
  const { last_unresolved } = order;
  return { id, account_id, terms, placed_at, attempts, attempts_before_redrive, failures, last_unresolved, redrives };
}
