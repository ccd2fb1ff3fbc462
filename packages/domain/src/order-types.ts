// The words of the domain: what may be ordered, what can happen to an order, what an order is at each moment.
// Names are written as they are stored and sent, in snake_case, so that no mapping can drift.

export type OrderType = 'market' | 'limit';
export type OrderSide = 'buy' | 'sell';

export type OrderTerms = {
  type: OrderType;
  side: OrderSide;
  /** Exactly 12 characters, as in an ISIN. */
  instrument: string;
  /** A decimal with two places, such as `"120.50"`; `null` for a market order. */
  limit_price: string | null;
  /** Whole units, greater than zero. */
  quantity: number;
};

/** ISO 8601, UTC, milliseconds. */
export type Timestamp = string;

/** `response`: the exchange answered the call. `query`: it was asked afterwards, by client order id. */
export type Evidence = 'response' | 'query';

export type OrderPlaced = {
  type: 'OrderPlaced';
  data: { order_id: string; account_id: string; placed_at: Timestamp } & OrderTerms;
};
export type SubmissionStarted = {
  type: 'SubmissionStarted';
  data: { order_id: string; attempt: number; started_at: Timestamp };
};
export type SubmissionAttemptFailed = {
  type: 'SubmissionAttemptFailed';
  data: {
    order_id: string;
    attempt: number;
    reason: string;
    /** The exchange was known to be out of order, so that the attempt does not count against the limit. */
    during_outage?: true;
  };
};
export type OrderSubmitted = {
  type: 'OrderSubmitted';
  data: {
    order_id: string;
    exchange_order_id: string;
    attempts: number;
    submitted_at: Timestamp;
    evidence: Evidence;
  };
};
export type OrderFailed = {
  type: 'OrderFailed';
  data: { order_id: string; code: FailureCode; reason: string; attempts: number; failed_at: Timestamp };
};
export type OrderInDoubt = {
  type: 'OrderInDoubt';
  data: { order_id: string; attempt: number; reason: string; in_doubt_since: Timestamp };
};
export type RedriveRequested = {
  type: 'RedriveRequested';
  data: { order_id: string; by: string; reason: string; requested_at: Timestamp };
};

/** All are definite: nothing of the order stands at the exchange. */
export type FailureCode =
  | 'refused_by_exchange'
  | 'attempts_exhausted'
  /** It was in doubt, until the exchange could say that it does not have it. */
  | 'not_at_exchange';

export type OrderEvent =
  | OrderPlaced
  | SubmissionStarted
  | SubmissionAttemptFailed
  | OrderSubmitted
  | OrderFailed
  | OrderInDoubt
  | RedriveRequested;

export const orderEventTypes = [
  'OrderPlaced',
  'SubmissionStarted',
  'SubmissionAttemptFailed',
  'OrderSubmitted',
  'OrderFailed',
  'OrderInDoubt',
  'RedriveRequested',
] as const satisfies readonly OrderEvent['type'][];

export type OrderStatus = 'placed' | 'submitting' | 'submitted' | 'failed' | 'in_doubt';

export const orderStatuses = [
  'placed',
  'submitting',
  'submitted',
  'failed',
  'in_doubt',
] as const satisfies readonly OrderStatus[];

/** The statuses in which the gateway still owes the client a placement. */
export const openStatuses = ['placed', 'submitting'] as const satisfies readonly OrderStatus[];

type Known = {
  id: string;
  account_id: string;
  terms: OrderTerms;
  placed_at: Timestamp;
  /** Calls to the exchange begun so far; also the number of the latest one. */
  attempts: number;
  /** How many of them were made before the order was last sent round again. */
  attempts_before_redrive: number;
  /** Attempts since then that placed nothing, and count against the limit. */
  failures: number;
  /** The last attempt before the present one that ended with an unknown outcome; 0 when there is none. */
  last_unresolved: number;
  /** How often an operator sent the order round again. */
  redrives: number;
};

export type AbsentOrder = { status: 'absent' };
export type ExistingOrder =
  | (Known & { status: 'placed' })
  /** A call to the exchange is, or was, under way: its outcome is not known to the stream. */
  | (Known & { status: 'submitting'; started_at: Timestamp })
  | (Known & { status: 'submitted'; exchange_order_id: string })
  | (Known & { status: 'failed'; code: FailureCode })
  /** What the latest call did is not known, or else what an earlier one did: see `last_unresolved`. */
  | (Known & { status: 'in_doubt'; in_doubt_since: Timestamp });
export type Order = AbsentOrder | ExistingOrder;

export type PlaceOrder = {
  type: 'PlaceOrder';
  data: { order_id: string; account_id: string; terms: OrderTerms; at: Timestamp };
};
export type StartSubmission = { type: 'StartSubmission'; data: { order_id: string; at: Timestamp } };
export type RecordAttemptFailure = {
  type: 'RecordAttemptFailure';
  data: {
    order_id: string;
    attempt: number;
    reason: string;
    /** Whether the exchange was known to be out of order: such an attempt uses up nothing. */
    during_outage: boolean;
    redrive_answers: boolean;
    attempts_max: number;
    at: Timestamp;
  };
};
export type ConfirmSubmission = {
  type: 'ConfirmSubmission';
  data: { order_id: string; exchange_order_id: string; evidence: Evidence; at: Timestamp };
};
export type RefuseOrder = {
  type: 'RefuseOrder';
  data: {
    order_id: string;
    attempt: number;
    reason: string;
    /** Whether a redrive answers for the calls before it: only at an exchange that cannot be asked about them. */
    redrive_answers: boolean;
    at: Timestamp;
  };
};
export type ParkOrder = { type: 'ParkOrder'; data: { order_id: string; reason: string; at: Timestamp } };
/** The exchange was asked about an order in doubt, late enough that its answer is proof. */
export type RecordAbsence = { type: 'RecordAbsence'; data: { order_id: string; at: Timestamp } };
export type RequestRedrive = {
  type: 'RequestRedrive';
  data: { order_id: string; by: string; reason: string; at: Timestamp };
};

export type OrderCommand =
  | PlaceOrder
  | StartSubmission
  | RecordAttemptFailure
  | ConfirmSubmission
  | RefuseOrder
  | ParkOrder
  | RecordAbsence
  | RequestRedrive;
