/** A rule of the domain that a command would break. The code is what callers branch on. */
export type OrderErrorCode =
  | 'order_not_found'
  | 'order_exists_with_other_terms'
  | 'order_already_settled'
  | 'submission_not_started'
  | 'order_not_in_doubt'
  | 'order_not_redrivable';

export class OrderError extends Error {
  override readonly name = 'OrderError';
  readonly code: OrderErrorCode;
  readonly orderId: string;

  constructor(code: OrderErrorCode, orderId: string) {
    super(`${code}: ${orderId}`);
    this.code = code;
    this.orderId = orderId;
  }
}
