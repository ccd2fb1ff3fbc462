// The rows of an answer as text, while they come: never more of them in memory than DuckDB hands over at once, except
// for those that decide how wide the columns of a table are.
import { type DuckDBResult, type DuckDBType, type DuckDBValue, StatementType } from '@duckdb/node-api';
import type { CommandContext } from '../command-context.ts';
import { printable } from '../printable.ts';
import { cellJson, cellText, csvField } from './cell-text.ts';

export type ResultForm = 'table' | 'json' | 'csv';

type Layout = Pick<CommandContext, 'columns' | 'paint'>;

/** On a terminal a table has only so many rows. */
export const terminalRowsMax = 40;
const measuredRows = 1_000;

export function resultLines(result: DuckDBResult, form: ResultForm, layout: Layout): AsyncGenerator<string> {
  if (form === 'json') return jsonLines(result);
  if (form === 'csv') return csvLines(result);
  return result.statementType === StatementType.EXPLAIN ? planLines(result) : tableLines(result, layout);
}

/** A plan is a drawing of many lines. */
async function* planLines(result: DuckDBResult): AsyncGenerator<string> {
  for await (const { rows } of rowBatches(result))
    for (const row of rows) yield `${String(row[1]).replace(/[^\P{C}\n]/gu, '')}\n`;
}

async function* jsonLines(result: DuckDBResult): AsyncGenerator<string> {
  const names = result.deduplicatedColumnNames().map((name) => JSON.stringify(name));
  for await (const { rows, types } of rowBatches(result)) {
    const line = (row: readonly DuckDBValue[]) =>
      row.map((value, column) => `${names[column]}:${cellJson(value, typeAt(types, column))}`).join(',');
    yield rows.map((row) => `{${line(row)}}\n`).join('');
  }
}

async function* csvLines(result: DuckDBResult): AsyncGenerator<string> {
  yield `${result.columnNames().map(csvField).join(',')}\n`;
  for await (const { rows, types } of rowBatches(result)) {
    const line = (row: readonly DuckDBValue[]) =>
      row.map((value, column) => csvField(cellText(value, typeAt(types, column)))).join(',');
    yield rows.map((row) => `${line(row)}\n`).join('');
  }
}

async function* tableLines(result: DuckDBResult, { columns, paint }: Layout): AsyncGenerator<string> {
  const width = columns.output;
  const titles = result.columnNames().map(printable);
  const numeric = result
    .columnTypes()
    .map((type) => /^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)/.test(`${type}`));
  let head: string[][] = [];
  let widths: number[] | null = null;
  let count = 0;
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, at) => fitted(cell, widths?.[at] ?? 0, numeric[at] === true, width !== null))
      .join('  ')
      .trimEnd()}\n`;
  const begin = () => {
    widths = columnWidths([titles, ...head], width);
    const text = `${paint('bold', line(titles).trimEnd())}\n${head.map(line).join('')}`;
    head = [];
    return text;
  };
  for await (const { rows, types } of rowBatches(result)) {
    const room = width === null ? rows.length : terminalRowsMax - count;
    const cells = rows.slice(0, room).map((row) => row.map((value, at) => cell(value, typeAt(types, at))));
    count += cells.length;
    if (widths !== null) yield cells.map(line).join('');
    else head.push(...cells);
    if (widths === null && head.length >= measuredRows) yield begin();
    if (rows.length <= room) continue;
    yield begin();
    return yield `${paint('dim', `the first ${terminalRowsMax} rows; --csv and --json print all`)}\n`;
  }
  if (widths === null) yield begin();
  if (width !== null) yield `${paint('dim', count === 1 ? '1 row' : `${count} rows`)}\n`;
}

const cell = (value: DuckDBValue, type: DuckDBType): string => printable(cellText(value, type) ?? '');

/** The widest columns give way until all fit. */
function columnWidths(rows: readonly (readonly string[])[], width: number | null): number[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  if (width === null) return widths;
  const gaps = 2 * (widths.length - 1);
  for (;;) {
    const over = widths.reduce((sum, one) => sum + one, gaps) - width;
    const widest = Math.max(...widths);
    if (over <= 0 || widest <= 4) return widths;
    const next = Math.max(4, ...widths.filter((one) => one < widest));
    const at = widths.indexOf(widest);
    widths[at] = Math.max(next, widest - Math.max(1, over), 4);
    if (widths[at] === widest) widths[at] = widest - 1;
  }
}

function fitted(text: string, width: number, isNumeric: boolean, cut: boolean): string {
  if (cut && text.length > width) return `${text.slice(0, Math.max(0, width - 1))}…`;
  return isNumeric ? text.padStart(width) : text.padEnd(width);
}

async function* rowBatches(result: DuckDBResult) {
  const types = result.columnTypes();
  for await (const chunk of result) yield { rows: chunk.getRows(), types };
}

function typeAt(types: readonly DuckDBType[], column: number): DuckDBType {
  const type = types[column];
  if (type === undefined) throw new Error(`the answer has no column ${column}`);
  return type;
}
