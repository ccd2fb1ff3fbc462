// How the exchange misbehaves, as one document that is replaced as a whole: what a test set yesterday cannot linger.
// Faults act on calls that begin after they were set.
import type { ExchangeOrder } from '@orders/stock-exchange/exchange';
import { type Static, Type } from 'typebox';

/** Milliseconds. Below the connection time-out of the server, which would cut the answer off. */
export const latencyMsMax = 60_000;
const rejectRulesMax = 100;

const strict = { additionalProperties: false };
const Milliseconds = Type.Number({ minimum: 0, maximum: latencyMsMax });
const Probability = Type.Number({ minimum: 0, maximum: 1 });

const Latency = Type.Union([
  Type.Object({ kind: Type.Literal('fixed'), ms: Milliseconds }, strict),
  Type.Object({ kind: Type.Literal('uniform'), min_ms: Milliseconds, max_ms: Milliseconds }, strict),
  Type.Object(
    { kind: Type.Literal('lognormal'), median_ms: Milliseconds, sigma: Type.Number({ minimum: 0, maximum: 5 }) },
    strict,
  ),
]);
export type Latency = Static<typeof Latency>;

/** Matches an order that meets all of its conditions; without conditions, every order. */
const RejectRule = Type.Object(
  {
    instrument: Type.Optional(Type.String({ minLength: 12, maxLength: 12 })),
    side: Type.Optional(Type.Enum(['buy', 'sell'])),
    quantity_above: Type.Optional(Type.Integer({ minimum: 0 })),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
  },
  strict,
);
export type RejectRule = Static<typeof RejectRule>;

export const Faults = Type.Object(
  {
    failure_rate: Probability,
    latency: Latency,
    outage: Type.Boolean(),
    hang: Type.Boolean(),
    lose_answer_rate: Probability,
    reject: Type.Array(RejectRule, { maxItems: rejectRulesMax }),
  },
  strict,
);
export type Faults = Static<typeof Faults>;

export const FaultsRequest = Type.Partial(Faults, strict);
export type FaultsRequest = Static<typeof FaultsRequest>;

export type StartUpFaults = Pick<Faults, 'failure_rate'> & { latency_ms: number };

export type FaultControl = {
  current: () => Faults;
  /** What the document leaves out returns to the start-up value. Throws {@link FaultsError}. */
  replace: (document: FaultsRequest) => Faults;
};

/** The document contradicts itself. */
export class FaultsError extends Error {
  override readonly name = 'FaultsError';
}

export function faultControl({ failure_rate, latency_ms }: StartUpFaults): FaultControl {
  const startUp: Faults = {
    failure_rate,
    latency: { kind: 'fixed', ms: latency_ms },
    outage: false,
    hang: false,
    lose_answer_rate: 0,
    reject: [],
  };
  let current = startUp;

  function replace(document: FaultsRequest): Faults {
    const { latency } = document;
    if (latency?.kind === 'uniform' && latency.min_ms > latency.max_ms) {
      throw new FaultsError('latency/min_ms must not be above latency/max_ms');
    }
    current = { ...startUp, ...document };
    return current;
  }
  return { current: () => current, replace };
}

/** One latency in milliseconds, at most {@link latencyMsMax}; `random` is uniform in [0, 1). */
export function drawLatencyMs(latency: Latency, random: () => number): number {
  switch (latency.kind) {
    case 'fixed':
      return latency.ms;
    case 'uniform':
      return latency.min_ms + (latency.max_ms - latency.min_ms) * random();
    case 'lognormal':
      return Math.min(latencyMsMax, latency.median_ms * Math.exp(latency.sigma * standardNormal(random)));
  }
}

// Box and Muller. `1 - random()` keeps the logarithm away from zero.
const standardNormal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** The reason of the first rule that matches. */
export const rejectReason = (rules: readonly RejectRule[], { terms }: ExchangeOrder): string | undefined =>
  rules.find(
    ({ instrument = terms.instrument, side = terms.side, quantity_above = -1 }) =>
      instrument === terms.instrument && side === terms.side && terms.quantity > quantity_above,
  )?.reason;
