import type { RunningSystem } from '../running-system.ts';

// Some orders are refused by a rule, so that cells have orders that fail as well.
const refusals = { reject: [{ quantity_above: 8, reason: 'too large' }] };

type Faults = { lose_answer_rate?: number; failure_rate?: number };

/** Until the exchange is started again, which then has its start-up values. Rejects while it does not answer. */
export async function setFaults({ urls }: RunningSystem, faults: Faults = {}): Promise<void> {
  const response = await fetch(`${urls.exchange}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...refusals, ...faults }),
  });
  if (!response.ok) throw new Error(`the exchange answered ${response.status}: ${await response.text()}`);
}
