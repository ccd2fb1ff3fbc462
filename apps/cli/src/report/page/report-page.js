// Draws the page of `orders report` from the JSON in it. Text is only ever set as text.
const { figures, madeAt, selection } = JSON.parse(document.getElementById('content').textContent);
const page = document.querySelector('main');
const dark = matchMedia('(prefers-color-scheme: dark)');

const whole = (number) => number.toLocaleString('en-US');
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC');
const timeOf = (at) => new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');

function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (Math.abs(seconds) < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 120 ? `${seconds.toFixed(2)} s` : `${(seconds / 60).toFixed(1)} min`;
}

function stretchOf(seconds) {
  const [size, unit] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ].find(([units]) => seconds >= units);
  return `${seconds / size} ${unit}`;
}

function add(parent, tag, { text, className, ...attributes } = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className !== undefined) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

function addTable(parent, titles, rows) {
  const table = add(add(parent, 'div', { className: 'scroll' }), 'table');
  const head = add(add(table, 'thead'), 'tr');
  for (const { title, numeric } of titles) add(head, 'th', { text: title, className: numeric ? 'number' : '' });
  const body = add(table, 'tbody');
  for (const row of rows) {
    const line = add(body, 'tr');
    for (const [column, cell] of row.entries()) {
      if (cell instanceof Node) add(line, 'td', { className: 'bar' }).append(cell);
      else add(line, 'td', { text: cell, className: titles[column].numeric ? 'number' : '' });
    }
  }
}

function barOf(parts, most) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  let from = 0;
  for (const { count, name } of parts) {
    const share = (100 * count) / Math.max(1, most);
    const part = document.createElementNS(space, 'rect');
    for (const [key, value] of Object.entries({ x: `${from}%`, width: `${share}%`, height: '100%', class: name }))
      part.setAttribute(key, value);
    svg.append(part);
    from += share;
  }
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}

const plots = [];

/** Drawn again when the width or the colours change. */
function addPlot(parent, optionsOf, data) {
  const place = add(parent, 'div');
  let drawn = null;
  const draw = () => {
    drawn?.destroy();
    drawn = new uPlot({ width: place.clientWidth, height: 280, tzDate: utc, ...optionsOf() }, data, place);
  };
  draw();
  plots.push(draw);
  new ResizeObserver(() => drawn.setSize({ width: place.clientWidth, height: 280 })).observe(place);
}

/** The time of the day, and under it the day where that is a new one. */
function timeTicks(_plot, splits, _axis, _space, step) {
  let day = '';
  return splits.map((at) => {
    const text = timeOf(at);
    const isNewDay = text.slice(0, 10) !== day;
    day = text.slice(0, 10);
    if (step >= 86_400) return day;
    const time = text.slice(11, step >= 60 ? 16 : 19);
    return isNewDay ? `${time}\n${day}` : time;
  });
}

// What is told in whole seconds, and as wide as a day is written.
const tickSeconds = [
  ...[1, 5, 10, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200],
  ...[1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1_825].map((days) => days * 86_400),
];

const axes = (value) => {
  const look = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line') },
  };
  return [
    { ...look, values: timeTicks, space: 90, incrs: tickSeconds },
    { ...look, size: 70, values: (_plot, splits) => splits.map(value) },
  ];
};
const times = figures.buckets.map(({ at }) => at);
const half = figures.bucketSeconds / 2;
const scales = {
  // Around a single time, uPlot would show years.
  x: { range: (_plot, first, last) => [first - half, (times.length === 1 ? first : last) + half] },
  y: { range: (_plot, _low, high) => [0, Math.max(high, 1e-3) * 1.05] },
};
const timeSeries = { label: 'Time (UTC)', value: (_plot, at) => (at === null ? '–' : timeOf(at)) };
const outcomes = [
  { key: 'submitted', label: 'submitted', name: 'submitted' },
  { key: 'failed', label: 'failed', name: 'failed' },
  { key: 'in_doubt', label: 'in doubt', name: 'doubt' },
  { key: 'open', label: 'open', name: 'open' },
];

function orders() {
  add(page, 'h2', { text: 'Orders over time' });
  add(page, 'p', {
    text: `Placed in each stretch of ${stretchOf(figures.bucketSeconds)}, by what came of them since.`,
  });
  // Bars that stand on each other: each reaches up to the sum of those below it, the highest is drawn first.
  const sums = outcomes.map((_, index) =>
    figures.buckets.map((bucket) => outcomes.slice(0, index + 1).reduce((sum, { key }) => sum + bucket[key], 0)),
  );
  const stacked = [...outcomes.entries()].reverse();
  const series = ([index, { key, label, name }]) => ({
    label,
    stroke: colour(name),
    fill: colour(name),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars({ size: [0.9, 60] }),
    value: (_plot, _value, _series, at) => (at === null ? '–' : whole(figures.buckets[at][key])),
    data: sums[index],
  });
  addPlot(
    page,
    () => ({
      axes: axes(whole),
      scales,
      series: [timeSeries, ...stacked.map(series)],
    }),
    [times, ...stacked.map(([index]) => sums[index])],
  );
  const details = add(page, 'details');
  add(details, 'summary', { text: 'Table' });
  const titles = ['submitted', 'failed', 'in doubt', 'open'].map((title) => ({ title, numeric: true }));
  const rows = figures.buckets.map((bucket) => [timeOf(bucket.at), ...outcomes.map(({ key }) => whole(bucket[key]))]);
  addTable(details, [{ title: 'from (UTC)' }, ...titles], rows);
}

function latency() {
  add(page, 'h2', { text: 'Time from placed to submitted' });
  const percentiles = [
    ['p99_s', 'p99', 'failed'],
    ['p90_s', 'p90', 'doubt'],
    ['p50_s', 'p50', 'submitted'],
  ];
  const series = ([, label, name]) => ({
    label,
    stroke: colour(name),
    width: 2,
    value: (_plot, value) => duration(value),
  });
  addPlot(
    page,
    () => ({
      axes: axes(duration),
      scales,
      series: [timeSeries, ...percentiles.map(series)],
    }),
    [times, ...percentiles.map(([key]) => figures.buckets.map((bucket) => bucket[key]))],
  );
  const titles = ['orders', 'p50', 'p90', 'p99', 'max'].map((title) => ({ title, numeric: true }));
  const rows = figures.stages.map(({ stage, orders, p50_s, p90_s, p99_s, max_s }) => [
    stage,
    whole(orders),
    ...[p50_s, p90_s, p99_s, max_s].map(duration),
  ]);
  addTable(page, [{ title: 'stage' }, ...titles], rows);
}

function failures() {
  add(page, 'h2', { text: 'Failed and in doubt, by reason' });
  if (figures.failures.length === 0) add(page, 'p', { text: 'None.' });
  const most = Math.max(...figures.failures.map((failure) => failure.orders));
  const rows = figures.failures.map(({ code, reason, orders: count }) => [
    code,
    reason,
    barOf([{ count, name: code === 'in_doubt' ? 'doubt' : 'failed' }], most),
    whole(count),
  ]);
  const titles = [{ title: 'code' }, { title: 'reason' }, { title: '' }, { title: 'orders', numeric: true }];
  if (rows.length > 0) addTable(page, titles, rows);
  if (figures.otherFailures > 0)
    add(page, 'p', { text: `And ${whole(figures.otherFailures)} orders for other reasons.` });
}

function traded() {
  add(page, 'h2', { text: 'By instrument and side' });
  const key = add(page, 'p', { className: 'key' });
  add(key, 'span', { text: '■ buy', className: 'submitted' });
  add(key, 'span', { text: '■ sell', className: 'open' });
  const most = Math.max(...figures.traded.map(({ buy, sell }) => buy + sell));
  const rows = figures.traded.map(({ instrument, buy, sell }) => [
    instrument,
    barOf(
      [
        { count: buy, name: 'submitted' },
        { count: sell, name: 'open' },
      ],
      most,
    ),
    whole(buy),
    whole(sell),
  ]);
  const numbers = ['buy', 'sell'].map((title) => ({ title, numeric: true }));
  addTable(page, [{ title: 'instrument' }, { title: '' }, ...numbers], rows);
  if (figures.otherTraded > 0)
    add(page, 'p', { text: `And ${whole(figures.otherTraded)} orders for other instruments.` });
}

add(page, 'h1', { text: `${whole(figures.orders)} orders` });
if (figures.orders > 0) add(page, 'p', { text: `Placed from ${figures.first} to ${figures.last}.` });
const totals = add(page, 'p', { className: 'key' });
for (const { key, label, name } of outcomes)
  add(totals, 'span', { text: `■ ${whole(figures[key])} ${label}`, className: name });
add(page, 'p', { text: [selection, `Made ${madeAt}; times are UTC.`].filter((text) => text !== '').join(' ') });
if (figures.orders > 0) {
  orders();
  latency();
  failures();
  traded();
}
dark.addEventListener('change', () => {
  for (const draw of plots) draw();
});
