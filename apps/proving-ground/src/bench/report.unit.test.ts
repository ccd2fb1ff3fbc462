import { describe, expect, it } from 'vitest';
import { chartSvg } from './chart.ts';
import { atLeast, atMost } from './goals.ts';
import type { MachineReport } from './machine.ts';
import { reportJson } from './report-json.ts';
import { figureText, tableLines } from './report-table.ts';
import { ratioByRound, roundTally } from './round.ts';
import type { ScenarioReport } from './scenario.ts';

const mebibyte = 1_048_576;

const report: ScenarioReport = {
  measurements: [
    {
      ...{ name: 'ours <&>', unit: 'orders/s', rounds: [1_000, 3_000, 1_500], p50Ms: [4, 5, 6], p99Ms: [40, 250, 60] },
      cpuMicros: { 'api-1': 250.4, redis: 12.6 },
      residentBytes: { 'api-1': 200 * mebibyte },
    },
    { name: 'reference', unit: 'orders/s', rounds: [6_000] },
    { name: 'wait', unit: 'ms', rounds: [0.5] },
    { name: 'another', unit: 'orders/s', rounds: [600] },
  ],
  goals: [
    atLeast({ name: 'ours : reference', value: 0.25, wanted: 0.5, digits: 2 }),
    atMost({ name: 'p99, ms', value: 60, wanted: 60, digits: 0 }),
  ],
  audit: '3 acknowledged',
  notes: ['A note.'],
};

describe('the table', () => {
  const lines = tableLines('Title', report);

  it('tells median, range and latencies of each side in a line', () => {
    const [ours] = lines.filter((line) => line.startsWith('ours'));
    expect(ours?.replace(/ {2,}/g, ' | ')).toBe('ours <&> | 1,500 orders/s | 1,000–3,000 | 5.00 | 60.0');
  });

  it('tells what it cost every process', () => {
    expect(lines).toContain('  µs of processor each: api-1 250 · redis 13');
    expect(lines).toContain('  resident memory: api-1 200 MiB');
  });

  it('ends with what the audit said and how it stands to the goals', () => {
    expect(lines).toContain('audit: 3 acknowledged');
    expect(lines.at(-2)).toMatch(/^ours : reference .* 0\.25 +MISSED +wanted ≥ 0\.5$/);
    expect(lines.at(-1)).toMatch(/^p99, ms .* 60 +reached +wanted ≤ 60$/);
  });
});

describe('a figure', () => {
  it.each<[number, string]>([
    [1_234_567.8, '1,234,568'],
    [99.94, '99.9'],
    [0.123, '0.12'],
  ])('%d has as many digits as say something', (value, text) => expect(figureText(value)).toBe(text));
});

describe('the chart', () => {
  const svg = chartSvg('A < B', report);

  it('draws bars of one unit on one scale, from the same start', () => {
    const bars = [...svg.matchAll(/<rect class="bar" x="(\d+)" y="\d+" width="([\d.]+)"/g)];
    const [ours, reference, wait, another] = bars.map(([, , length]) => Number(length));
    expect(new Set(bars.map(([, start]) => start)).size).toBe(1);
    expect(Number(ours) / Number(reference)).toBeCloseTo(0.25, 3);
    expect(Number(another) / Number(reference)).toBeCloseTo(0.1, 3);
    expect(wait).toBe(reference);
  });

  it('draws the range of the rounds over their median', () => {
    const [, from, to] = /class="range" d="M([\d.]+) [\d.]+H([\d.]+)/.exec(svg) ?? [];
    const start = Number(/class="bar" x="(\d+)"/.exec(svg)?.[1]);
    expect((Number(to) - start) / (Number(from) - start)).toBeCloseTo(3, 2);
  });

  it('is well-formed whatever names hold, and says how it stands to the goals', () => {
    expect(svg).toContain('A &lt; B');
    expect(svg).toContain('ours &lt;&amp;&gt;');
    expect(svg).toContain('ours : reference: 0.25, wanted ≥ 0.5, missed');
    expect(svg).toContain('p99, ms: 60, wanted ≤ 60, reached');
  });
});

describe('the document', () => {
  const machine: MachineReport = {
    ...{ cpu: 'a processor', cores: 2, memory_bytes: 4, kernel: '6', versions: {}, commit: 'c0ffee', durability: {} },
  };
  const scenario = { key: 'accept', title: 'Title', run: () => Promise.reject(new Error('not here')) };
  const facts = { machine, measuredAt: new Date(0), rounds: 3, scale: 1 };
  const document = JSON.parse(reportJson(scenario, report, facts));

  it('keeps every round, the machine, and whether the goals were reached', () => {
    expect(document).toMatchObject({
      ...{ scenario: 'accept', measured_at: '1970-01-01T00:00:00.000Z', machine, audit: '3 acknowledged' },
      goals: [
        { name: 'ours : reference', value: 0.25, wanted_at_least: 0.5, reached: false },
        { name: 'p99, ms', wanted_at_most: 60, reached: true },
      ],
    });
    expect(document.measurements[0]).toMatchObject({
      ...{ median: 1_500, rounds: [1_000, 3_000, 1_500], p99_ms: [40, 250, 60], cpu_micros: { redis: 12.6 } },
    });
  });
});

describe('the rounds of one side', () => {
  it('are a rate each, and their cost is that of all of them over all that was done', async () => {
    let cpuSeconds = 1;
    const usage = () => new Map([['worker', { cpuSeconds, residentBytes: 7 }]]);
    const tally = roundTally({ name: 'ours', unit: 'orders/s', usage });
    await tally.measure(async () => {
      cpuSeconds += 0.1;
      return { count: 100, seconds: 2, p99Ms: 9 };
    });
    cpuSeconds += 5;
    await tally.measure(async () => {
      cpuSeconds += 0.2;
      return { count: 200, seconds: 1, p99Ms: 11 };
    });
    const measurement = tally.measurement();
    expect(measurement).toMatchObject({ rounds: [50, 200], p99Ms: [9, 11], residentBytes: { worker: 7 } });
    expect(measurement.cpuMicros?.worker).toBeCloseTo(1_000, 5);
  });

  it('are compared round by round, because what disturbed one side disturbed its neighbour', () => {
    const side = (...rounds: number[]) => ({ name: '', unit: '', rounds });
    expect(ratioByRound(side(50, 10, 80), side(100, 20, 100))).toBe(0.5);
  });
});
