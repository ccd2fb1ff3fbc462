// Whether every 201 of the run was kept: the audit of the operators, over the whole log and the ledger of the exchange,
// and what a client of the API would see, for some of them.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { auditOrders, summaryLine } from '@orders/cli/audit/audit-orders';

type Promises = {
  acknowledgedFile: string;
  client: EventStoreDBClient;
  exchangeUrl: string;
  /** Base address of the API. */
  api: string;
  write: (line: string) => void;
};

const auditPatienceMs = 30_000;
const sampleSize = 500;

/** The number of promises that were found broken. */
export async function brokenPromises({ acknowledgedFile, client, exchangeUrl, api, write }: Promises): Promise<number> {
  const acknowledged = createReadStream(acknowledgedFile, 'utf8');
  const now = () => new Date();
  const report = await auditOrders({ client, exchangeUrl, acknowledged, patienceMs: auditPatienceMs, now });
  write(summaryLine(report));
  const ids = (await readFile(acknowledgedFile, 'utf8')).trimEnd().split('\n');
  const step = Math.max(1, Math.floor(ids.length / sampleSize));
  let unreadable = 0;
  for (let index = 0; index < ids.length; index += step) {
    const { id }: { id: string } = JSON.parse(ids[index] ?? '');
    const { status } = await fetch(`${api}/orders/${id}`);
    if (status !== 200) unreadable += 1;
  }
  write(`${ids.length} answers with 201, every ${step}th read back through the API, ${unreadable} of them not found`);
  return report.findings.length + unreadable;
}
