import { describe, expect, it } from 'vitest';
import { askedSeries, exportedSeries, unknownSeries } from './exported-metrics.ts';

const asked = (expression: string) =>
  askedSeries(expression).filter(({ name, labels }) => name !== '' || labels.length);

describe('the series that an expression asks for', () => {
  it('are told from functions, keywords, labels, durations and text', () => {
    expect(
      asked(
        'sum by (le, job) (rate(a_bucket{state="b{c}", x=~"d|e"}[5m])) / on() group_left (z) max(f) > bool 1.5e3 or g',
      ),
    ).toEqual([
      { name: 'a_bucket', labels: ['state', 'x'] },
      { name: 'f', labels: [] },
      { name: 'g', labels: [] },
      { name: '', labels: ['le', 'job', 'z'] },
    ]);
  });

  it('are compared with what the processes export, labels included', () => {
    const exported = exportedSeries();
    const query = 'histogram_quantile(0.99, sum by (le) (rate(orders_submission_latency_seconds_bucket[5m])))';
    expect(unknownSeries(query, exported)).toEqual([]);
    expect(unknownSeries('sum by (le) (rate(orders_accepted_total[5m]))', exported)).toEqual([
      'sum by (le) (rate(orders_accepted_total[5m])) has no label le',
    ]);
    expect(unknownSeries('orders_open{status="placed"}', exported)).toEqual(['orders_open has no label status']);
    expect(unknownSeries('max(orders_opened)', exported)).toEqual(['nobody exports orders_opened']);
    expect(unknownSeries('vector(1)', exported)).toEqual(['vector(1) asks for nothing']);
  });
});
