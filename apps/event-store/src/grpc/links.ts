// Links: an event of type `$>` whose data is `<number>@<stream>` stands for the event that it names.
import type { RecordedEvent } from '../storage/events.ts';
import type { EventStore } from '../storage/store.ts';

/** `link` is the event that was found where the reader looked, if that pointed elsewhere. */
export type ResolvedEvent = Readonly<{ event?: RecordedEvent | undefined; link?: RecordedEvent | undefined }>;

export type ResolveOptions = Readonly<{
  /** A reader of history is shown a link that cannot be understood as an event; a live subscription as a broken link. */
  isLive: boolean;
}>;

/** One level only: a link to a link is shown as the second link. */
export function resolveLink(store: EventStore, event: RecordedEvent, { isLive }: ResolveOptions): ResolvedEvent {
  if (event.type !== '$>') return { event };
  const text = Buffer.from(event.data).toString('utf8');
  const separator = text.indexOf('@');
  const digits = text.slice(0, Math.max(0, separator));
  if (!/^\d+$/.test(digits)) return isLive ? { link: event } : { event };
  return { event: findVisible(store, text.slice(separator + 1), Number(digits)), link: event };
}

function findVisible(store: EventStore, stream: string, number: number): RecordedEvent | undefined {
  if (store.presenceOf(stream) !== 'present') return undefined;
  const [found] = store.readStream(stream, { from: number, direction: 'forwards', limit: 1 });
  return found?.number === number ? found : undefined;
}
