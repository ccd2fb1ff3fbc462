// A scenario as a picture: a bar for each side of a comparison, as long as its median round, with the range of all
// rounds drawn over it. Plain SVG that reads on a light page and on a dark one.
import { isReached, median } from '../figures.ts';
import { figureText } from './report-table.ts';
import type { Measurement, ScenarioReport } from './scenario.ts';

const width = 800;
const margin = 16;
const barsFrom = 290;
const barsTo = 600;
const rowHeight = 30;
const barHeight = 16;
const titleHeight = 44;
const goalHeight = 20;
const whiskerEnd = 4;

// Fixed, or a viewer would set the text in a font of other widths.
const style = `
  text { font: 13px Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: bold; }
  .quiet { fill: #59636e; }
  .bar { fill: #54a0e8; }
  .range { stroke: #1f2328; stroke-width: 1.5; fill: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .bar { fill: #1f6feb; }
    .range { stroke: #e6edf3; }
  }
`;

/** Bars of one unit share a scale. */
export function chartSvg(
  title: string,
  { measurements, goals }: Pick<ScenarioReport, 'measurements' | 'goals'>,
): string {
  const longest = new Map<string, number>();
  for (const { unit, rounds } of measurements) longest.set(unit, Math.max(longest.get(unit) ?? 0, ...rounds));
  const bars = measurements.map((measurement, index) =>
    bar(measurement, { top: titleHeight + index * rowHeight, longest: longest.get(measurement.unit) ?? 0 }),
  );
  const goalsFrom = titleHeight + measurements.length * rowHeight + goalHeight;
  const goalTexts = goals.map((goal, index) => {
    const sign = goal.isAtLeast ? '≥' : '≤';
    const verdict = `${goal.name}: ${goal.text}, wanted ${sign} ${goal.wanted}, ${isReached(goal) ? 'reached' : 'missed'}`;
    return text(margin, goalsFrom + index * goalHeight, verdict, 'quiet');
  });
  const height = goalsFrom + goals.length * goalHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    text(margin, 26, title, 'title'),
    ...bars,
    ...goalTexts,
    '</svg>',
    '',
  ].join('\n');
}

function bar({ name, unit, rounds }: Measurement, { top, longest }: { top: number; longest: number }): string {
  const x = (value: number) => (longest > 0 ? barsFrom + (value / longest) * (barsTo - barsFrom) : barsFrom);
  const at = (value: number) => x(value).toFixed(1);
  const middle = top + barHeight / 2;
  const [low, high] = [at(Math.min(...rounds)), at(Math.max(...rounds))];
  const ends = [low, high].map((end) => `M${end} ${middle - whiskerEnd}V${middle + whiskerEnd}`);
  const length = (x(median(rounds)) - barsFrom).toFixed(1);
  return [
    text(margin, middle + 5, name),
    `<rect class="bar" x="${barsFrom}" y="${top}" width="${length}" height="${barHeight}"/>`,
    `<path class="range" d="M${low} ${middle}H${high}${ends.join('')}"/>`,
    text(barsTo + margin, middle + 5, `${figureText(median(rounds))} ${unit}`),
  ].join('\n');
}

const text = (x: number, y: number, content: string, kind?: string): string =>
  `<text x="${x}" y="${y}"${kind === undefined ? '' : ` class="${kind}"`}>${escaped(content)}</text>`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (content: string): string => content.replace(/[&<>]/g, (character) => entities[character] ?? character);
