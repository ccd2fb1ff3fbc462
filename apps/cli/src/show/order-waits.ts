// Where the time of an order went, by the clock of the event store: until somebody took it up, in calls to the
// exchange, between them. The parts add up to the whole, whatever the order went through.
import type { RecordedOrderEvent } from '@orders/order-store/order-store';

export type OrderWaits = {
  /** All in milliseconds; `null` while there was no attempt. */
  until_first_attempt: number | null;
  in_attempts: number;
  /** Also before a redrive, after a failure or a doubt. */
  between_attempts: number;
  /** From the placement to the last event that changed anything. */
  in_all: number;
};

type WaitTally = { add: (recorded: RecordedOrderEvent) => void; waits: () => OrderWaits };

export function tallyWaits(): WaitTally {
  const waits: OrderWaits = { until_first_attempt: null, in_attempts: 0, between_attempts: 0, in_all: 0 };
  let lastMs: number | null = null;
  let calling = false;
  return {
    add({ event, recordedAt }) {
      const atMs = recordedAt.getTime();
      const waitedMs = atMs - (lastMs ?? atMs);
      lastMs = atMs;
      waits.in_all += waitedMs;
      if (calling) waits.in_attempts += waitedMs;
      else if (event.type === 'SubmissionStarted' && waits.until_first_attempt === null)
        waits.until_first_attempt = waits.in_all;
      else if (waits.until_first_attempt !== null) waits.between_attempts += waitedMs;
      calling = event.type === 'SubmissionStarted';
    },
    waits: () => ({ ...waits }),
  };
}
