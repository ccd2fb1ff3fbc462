// The audit that operators have (`orders audit`), over the system of a test.
import { auditOrders } from '@orders/cli/audit/audit-orders';
import type { AuditReport } from '@orders/cli/audit/audit-report';
import { openEventStore } from '@orders/order-store/open-event-store';
import type { RunningSystem } from '../running-system.ts';

type Urls = RunningSystem['urls'];

/** With a client of its own, so that what became of the event store meanwhile does not matter. */
export async function withEventStore<Result>(
  { eventStore: url }: Urls,
  work: (client: ReturnType<ReturnType<typeof openEventStore>['client']>) => Promise<Result>,
): Promise<Result> {
  const steps: (() => unknown)[] = [];
  const log = { warn: () => undefined };
  const connection = openEventStore({ url, log, onStop: (_name, step) => steps.push(step) });
  try {
    return await work(connection.client());
  } finally {
    for (const step of steps) await step();
  }
}

/** An order that is still open is a finding, too. */
export const audit = (urls: Urls, acknowledged: readonly string[], patienceMs: number): Promise<AuditReport> =>
  withEventStore(urls, (client) =>
    auditOrders({
      client,
      exchangeUrl: urls.exchange,
      acknowledged: answers(acknowledged),
      patienceMs,
      now: () => new Date(),
      settled: true,
    }),
  );

async function* answers(ids: readonly string[]) {
  for (const id of ids) yield `${JSON.stringify({ id })}\n`;
}
