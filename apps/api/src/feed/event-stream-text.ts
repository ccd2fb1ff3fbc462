// Server-sent events as text, as the HTML standard defines them. JSON has no line break in it, nor has any id or type.
import { eventJson } from '@orders/order-store/event-json';
import type { RecordedOrderEvent } from '@orders/order-store/order-store';
import type { Place } from '../log/event-sources.ts';

export const eventStreamMediaType = 'text/event-stream';

// Soon, yet not at once: those who were cut off together come back together.
const reconnectAfterMs = 1_000;

/** The first bytes, so that proxies send the head on. */
export const openingText = `: open\nretry: ${reconnectAfterMs}\n\n`;

export const eventText = (recorded: RecordedOrderEvent): string =>
  `id: ${recorded.position.commit}\nevent: ${recorded.event.type}\ndata: ${JSON.stringify(eventJson(recorded))}\n\n`;

/** Shows the client that it is alive, and from where it would have to go on: an id without data is no event. */
export const heartbeatText = (reached: Place | null): string =>
  reached === null ? ': alive\n\n' : `: alive\nid: ${reached}\n\n`;
