// Which metrics our processes export, under which labels, and which an expression in PromQL asks for: a dashboard or an
// alert on a metric that was renamed shows nothing, and says nothing.
import { createApiMetrics } from '@orders/api/metrics';
import { createMetrics } from '@orders/event-store/metrics';
import { exchangeMetrics } from '@orders/exchange/metrics';
import { projectorMetrics } from '@orders/projector/metrics';
import { exportShards } from '@orders/telemetry/shard-gauges';
import { workerMetrics } from '@orders/worker/metrics';
import { Registry } from 'prom-client';

/** Put on every series by Prometheus, from where it found the target. */
const targetLabels = ['job', 'instance', 'pod', 'namespace'];

/** Name of a series → its labels. */
export type SeriesLabels = ReadonlyMap<string, ReadonlySet<string>>;

export function exportedSeries(): SeriesLabels {
  const series = new Map([['up', new Set(targetLabels)]]);
  for (const metric of registries().flatMap((registry) => registry.getMetricsAsArray())) {
    // The types of prom-client leave out the names of the labels.
    const { name, type, labelNames } = metric as unknown as { name: string; type: unknown; labelNames: string[] };
    const labels = new Set([...targetLabels, ...labelNames]);
    series.set(name, labels);
    if (type !== 'histogram') continue;
    series.set(`${name}_bucket`, new Set([...labels, 'le']));
    for (const part of ['sum', 'count']) series.set(`${name}_${part}`, labels);
  }
  return series;
}

function registries(): Registry[] {
  const [api, projector, worker, exchange] = [new Registry(), new Registry(), new Registry(), new Registry()];
  createApiMetrics(api);
  projectorMetrics(projector);
  exportShards(projector, []);
  workerMetrics(worker);
  exchangeMetrics({ registry: exchange, ledger: { size: () => 0 }, desk: { underWay: () => 0 } });
  return [api, projector, worker, exchange, createMetrics().registry];
}

const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring', 'inf', 'nan']);
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const selector = /([a-zA-Z_:][\w:]*)?\s*\{([^}]*)\}/g;
const identifier = /(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g;

export type Asked = { name: string; labels: string[] };

/** The series of an expression, each with the labels that it is asked for; `''` is the expression as a whole. */
export function askedSeries(expression: string): Asked[] {
  const text = expression.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[^\]]*\]/g, '');
  const grouped = [...text.matchAll(grouping)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  const ungrouped = text.replaceAll(grouping, ' ');
  const selected = [...ungrouped.matchAll(selector)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
  const bare = [...ungrouped.replaceAll(selector, ' ').matchAll(identifier)].map(([name]) => ({ name, labels: [] }));
  const series = [...selected, ...bare.filter(({ name }) => !keywords.has(name.toLowerCase()))];
  return [...series, { name: '', labels: grouped.filter((label) => label !== '') }];
}

/** What an expression asks for that nobody exports, a line each. */
export function unknownSeries(expression: string, exported: SeriesLabels): string[] {
  const asked = askedSeries(expression);
  const named = asked.filter(({ name }) => name !== '');
  if (named.length === 0) return [`${expression} asks for nothing`];
  const anyOf = new Set(named.flatMap(({ name }) => [...(exported.get(name) ?? [])]));
  return asked.flatMap(({ name, labels }) => {
    const known = name === '' ? anyOf : exported.get(name);
    if (known === undefined) return [`nobody exports ${name}`];
    return labels.filter((label) => !known.has(label)).map((label) => `${name || expression} has no label ${label}`);
  });
}
