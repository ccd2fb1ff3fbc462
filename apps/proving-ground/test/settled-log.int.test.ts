import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedEvent } from '@orders/event-store/storage/events';
import { type EventStore, openStore } from '@orders/event-store/storage/store';
import { expect, it, onTestFinished } from 'vitest';
import { eventsPerOrder, writeSettledLog } from '../src/bench/settled-log.ts';

it('has every order from its placement to its submission, with the events of many others in between', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orders-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const orders = 500;
  await writeSettledLog(folder, orders);
  const store = openStore(folder);
  onTestFinished(() => store.close());
  const log = wholeLog(store);
  expect(log).toHaveLength(orders * eventsPerOrder);
  const types = Object.groupBy(log, ({ stream }) => stream);
  expect(Object.keys(types)).toHaveLength(orders);
  for (const events of Object.values(types)) {
    expect(events?.map(({ type }) => type)).toEqual(['OrderPlaced', 'SubmissionStarted', 'OrderSubmitted']);
    const [placed, started] = events?.map((event) => log.indexOf(event)) ?? [];
    expect((started ?? 0) - (placed ?? 0)).toBeGreaterThan(100);
  }
});

function wholeLog(store: EventStore): RecordedEvent[] {
  const log: RecordedEvent[] = [];
  for (;;) {
    const page = store.readAll({ from: (log.at(-1)?.position ?? -1) + 1, direction: 'forwards', limit: 500 });
    if (page.length === 0) return log;
    log.push(...page);
  }
}
