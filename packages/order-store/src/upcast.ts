// Lifts what was stored in an earlier form to the form that the domain knows now. Each type of event counts its own
// versions. A step leads from one version to the next and is never changed once events of its version are stored
// anywhere; `golden/` holds one of each, as it was stored. A field that may be absent needs no new version: one that
// readers rely on does, and is rolled out to readers before anybody writes it.
import type { OrderEvent, OrderInDoubt, RedriveRequested } from '@orders/domain/order-types';

type Stored = Readonly<Record<string, unknown>>;
/** `recordedAt`: what the event store knows, where the event itself does not say it. */
type Step = (data: Stored, recordedAt: Date) => Stored;

const steps: Readonly<Record<OrderEvent['type'], readonly Step[]>> = {
  OrderPlaced: [],
  SubmissionStarted: [],
  SubmissionAttemptFailed: [],
  OrderSubmitted: [],
  OrderFailed: [],
  OrderInDoubt: [withTimeOf<OrderInDoubt>('in_doubt_since')],
  RedriveRequested: [withTimeOf<RedriveRequested>('requested_at')],
};

/** The version in which events of a type are written. */
export const schemaVersionOf = (type: OrderEvent['type']): number => steps[type].length + 1;

export const isOrderEventType = (type: string): type is OrderEvent['type'] => Object.hasOwn(steps, type);

/** `null` for a version that did not exist when this was written, or never did, and for what is no event at all. */
export function upcast(type: OrderEvent['type'], version: number, data: unknown, recordedAt: Date): OrderEvent | null {
  if (!(Number.isInteger(version) && version >= 1 && version <= schemaVersionOf(type))) return null;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const current = steps[type].slice(version - 1).reduce((lifted, step) => step(lifted, recordedAt), data as Stored);
  return { type, data: current } as OrderEvent;
}

/** The first events of these types do not say when it was; later ones of the same version do. */
function withTimeOf<Event extends OrderEvent>(field: keyof Event['data'] & string): Step {
  return (data, recordedAt) => ({ ...data, [field]: data[field] ?? recordedAt.toISOString() });
}
