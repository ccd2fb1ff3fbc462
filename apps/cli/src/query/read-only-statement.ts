// One statement that reads, and nothing else, as DuckDB itself understands the text: it says what kind of statement it
// is. That no file but the export's can be reached is another matter, and the database's own.
import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import { UnusableInputError } from '../failures.ts';

// EXPLAIN ANALYZE runs what it explains.
const explain = /^\s*explain\s+(analyze\s+)?(\([^()]*\)\s*)?/i;

/** Throws {@link UnusableInputError} for every other statement, and for what is no SQL. */
export async function prepareReading(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const statement = await prepareOne(connection, sql);
  const { statementType } = statement;
  if (statementType === StatementType.SELECT) return statement;
  if (statementType === StatementType.EXPLAIN) {
    const explained = await prepareOne(connection, sql.replace(explain, ''));
    if (explained.statementType === StatementType.SELECT) return statement;
  }
  throw new UnusableInputError(
    `only statements that read can be run (SELECT, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN), not ${StatementType[statementType]}`,
  );
}

async function prepareOne(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const statements = await connection.extractStatements(sql).catch(refuse);
  if (statements.count !== 1) throw new UnusableInputError('it has to be one statement');
  return statements.prepare(0).catch(refuse);
}

function refuse(error: unknown): never {
  throw sqlProblem(error);
}

/** What DuckDB says of a statement, without its drawing of the place. */
export function sqlProblem(error: unknown): Error {
  if (!(error instanceof Error)) return new UnusableInputError(String(error));
  const [said = ''] = error.message.replace('Failed to extract statements: ', '').split('\n\nLINE ');
  // Not as its cause: the whole message would come back with it.
  return new UnusableInputError(said);
}
