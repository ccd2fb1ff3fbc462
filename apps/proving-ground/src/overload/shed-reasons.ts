import { metricNames } from '@orders/api/metrics';

/** How many orders were refused for which reason, over all processes, by their metrics. */
export async function shedReasons(metricsUrls: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const totals = new Map<string, number>();
  for (const url of metricsUrls) {
    const text = await (await fetch(url)).text();
    for (const [, reason = '', count] of text.matchAll(
      new RegExp(`^${metricNames.shed}{reason="(.+)"} (\\d+)$`, 'gm'),
    )) {
      totals.set(reason, (totals.get(reason) ?? 0) + Number(count));
    }
  }
  return totals;
}
