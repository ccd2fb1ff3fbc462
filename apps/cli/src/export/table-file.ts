// One data file of an export, filled row by row and then written in one go. Its name says which part of the table it
// is, and up to where in the log it reaches, so that other content always has another name: nothing that a manifest
// speaks of is ever overwritten.
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Column, makeTable, openRowWriter, type Row } from '../duckdb/row-writer.ts';
import { oneLine } from '../failures.ts';
import { copyStatement, type ExportFormat } from './file-formats.ts';
import { writeWhole } from './written-file.ts';

export type TableFiles = {
  connection: DuckDBConnection;
  folder: string;
  table: 'events' | 'orders';
  columns: readonly Column[];
  format: ExportFormat;
};

export type FinishedFile = { path: string; segment: number; rows: number; bytes: number; sha256: string };

/** What could not be written where the export is to be. */
export class NotWrittenError extends Error {
  override readonly name = 'NotWrittenError';
}

export type TableFile = {
  rows: () => number;
  append: (row: Row) => void;
  finish: (segment: number, lastPosition: bigint) => Promise<FinishedFile>;
};

export async function openTableFile({ connection, folder, table, columns, format }: TableFiles): Promise<TableFile> {
  const name = `${table}_to_write`;
  await makeTable(connection, { table: name, columns });
  const writer = await openRowWriter(connection, { table: name, columns });
  let rows = 0;

  function append(row: Row) {
    writer.append(row);
    rows += 1;
  }

  async function finish(segment: number, lastPosition: bigint): Promise<FinishedFile> {
    writer.close();
    const path = `${table}/${String(segment).padStart(5, '0')}-${lastPosition}.${format}`;
    const write = (file: string) => connection.run(copyStatement(format, name, columns, file));
    const content = await writeWhole(join(folder, path), write).catch((error: unknown) => {
      throw new NotWrittenError(`${join(folder, path)} could not be written: ${oneLine(error)}`, { cause: error });
    });
    await connection.run(`DROP TABLE ${name}`);
    return { path, segment, rows, ...content };
  }

  return { rows: () => rows, append, finish };
}
