// `orders in-doubt`: what waits for a person. The gateway has stopped trying, because a further call could place an
// order twice; somebody has to ask the exchange, and then to redrive.
import type { Command } from 'commander';
import { formatAge } from './age.ts';
import type { CommandContext } from './command-context.ts';
import { apiSetting, settingOf } from './command-settings.ts';
import { exitCodes } from './failures.ts';
import { type ApiOrder, ordersApiAt } from './orders-api.ts';
import { textTable } from './printable.ts';

const examples = `
Examples:
  $ orders in-doubt
  ID                                    SINCE                           ATTEMPTS  INSTRUMENT    …
  019a9b1c-5f0e-7c3a-9d5e-3f6b8a1c2d4e  2026-01-31T08:00:00.000Z (3 h)  2         DE0007164600  …

  The reasons, counted:
  $ orders in-doubt --json | jq -r '.orders[].failure.reason' | sort | uniq -c

What to do about them: orders redrive --help`;

export function addInDoubtCommand(program: Command, context: CommandContext): void {
  program
    .command('in-doubt')
    .summary('list the orders of which nobody knows whether they stand at the exchange')
    .description('Lists the orders of which nobody knows whether they stand at the exchange, oldest doubt first.')
    .option('--json', 'print one JSON document, with all that the API tells of each order')
    .option('--api <url>', 'base URL of the API (ORDERS_API, http://localhost:8000)')
    .addHelpText('after', examples)
    .action(async ({ json, api }: { json?: true; api?: string }) => {
      const orders = await listInDoubt(settingOf(apiSetting, api, context.env));
      context.write(json ? `${JSON.stringify({ orders }, null, 2)}\n` : tableOf(orders, new Date()));
      context.ended(exitCodes.clean);
    });
}

async function listInDoubt(url: string): Promise<ApiOrder[]> {
  const orders = await Array.fromAsync(ordersApiAt(url).list(new URLSearchParams({ status: 'in_doubt' })));
  const at = (order: ApiOrder) => Date.parse(since(order));
  return orders.sort((a, b) => at(a) - at(b));
}

// Before its doubt was dated, an order was in doubt some time after it was placed.
const since = ({ in_doubt_since, created_at }: ApiOrder): string => in_doubt_since ?? created_at;

function tableOf(orders: readonly ApiOrder[], now: Date): string {
  if (orders.length === 0) return 'no order is in doubt\n';
  const titles = ['ID', 'SINCE', 'ATTEMPTS', 'INSTRUMENT', 'SIDE', 'QUANTITY', 'REASON'];
  const rows = orders.map((order) => {
    const { id, attempts, instrument, side, quantity, failure } = order;
    const age = formatAge((now.getTime() - Date.parse(since(order))) / 1_000);
    return [
      id,
      `${since(order)} (${age})`,
      String(attempts),
      instrument,
      side,
      String(quantity),
      failure?.reason ?? '',
    ];
  });
  return textTable(titles, rows);
}
