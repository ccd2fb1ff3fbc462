// The three formats of an export, as DuckDB writes and reads them. Every option that decides about a byte is named:
// the same rows must always make the same file, and what is read back must be the very values that were written.
import { sqlList, sqlName, sqlText } from '../duckdb/open-duckdb.ts';
import type { Column } from '../duckdb/row-writer.ts';

export const exportFormats = ['parquet', 'csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const timestampFormat = `TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%gZ'`;
// The largest event that the event store takes, quoted, and once more in the columns beside it.
const lineBytesMax = 8 * 1024 * 1024;

const writing: Record<ExportFormat, string> = {
  parquet: `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 8192, PARQUET_VERSION v1`,
  csv: `FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', ${timestampFormat}`,
  ndjson: `FORMAT json, ARRAY false, COMPRESSION none, ${timestampFormat}`,
};

/** The statement that writes a table into a file. */
export function copyStatement(format: ExportFormat, table: string, columns: readonly Column[], file: string): string {
  const values = columns.map((column) => (format === 'ndjson' ? exactInJson(column) : sqlName(column.name)));
  return `COPY (SELECT ${values.join(', ')} FROM ${sqlName(table)}) TO ${sqlText(file)} (${writing[format]})`;
}

/** As everywhere in the gateway: what a JSON number cannot hold exactly, or not in every reader, is text. */
const exactInJson = ({ name, type }: Column): string =>
  /^(DECIMAL|UBIGINT)/.test(String(type)) ? `CAST(${sqlName(name)} AS VARCHAR) AS ${sqlName(name)}` : sqlName(name);

/** A query for the rows of the files, in their order; one without rows where there are no files. */
export function scanOf(format: ExportFormat, columns: readonly Column[], files: readonly string[]): string {
  const names = columns.map(({ name }) => sqlName(name)).join(', ');
  if (files.length === 0) {
    const nothing = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${sqlName(name)}`);
    return `SELECT ${nothing.join(', ')} WHERE false`;
  }
  return `SELECT ${names} FROM ${readerOf(format, columns, sqlList(files))}`;
}

function readerOf(format: ExportFormat, columns: readonly Column[], files: string): string {
  if (format === 'parquet') return `read_parquet(${files})`;
  const types = columns.map(({ name, type }) => `${sqlText(name)}: ${sqlText(String(type))}`).join(', ');
  if (format === 'ndjson') {
    const options = `format = 'newline_delimited', maximum_object_size = ${2 * lineBytesMax}`;
    return `read_json(${files}, columns = {${types}}, ${options})`;
  }
  const dialect = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"'`;
  const bounds = `max_line_size = ${lineBytesMax}, buffer_size = ${2 * lineBytesMax}, parallel = false`;
  return `read_csv(${files}, columns = {${types}}, ${dialect}, nullstr = '', allow_quoted_nulls = false, ${bounds})`;
}
