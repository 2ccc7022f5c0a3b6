import pg from "pg";
import { pinSession } from "../../src/db/session-settings.ts";
import {
  type Backend,
  beginText,
  openTransactionError,
  PostgresError,
  type Statement,
  type StatementResult,
  type TextValue,
} from "./backend.ts";

/** Connections kept to Postgres. The product needs a handful: one Writer's insert at a time, and readers. */
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 10_000;

/** Every value stays the text that Postgres sent. */
const RAW_TYPES = { getTypeParser: () => (value: string) => value };

/** Any Postgres by its URL, through a pool. Nothing is connected before the first statement. */
export function openPostgres(url: string): Backend {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: "edgetape",
    onConnect,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  return {
    kind: "postgres",
    run: (statement) =>
      withClient(pool, async (client) => {
        const result = await execute(client, statement);
        if (client.getTransactionStatus() !== "I") throw openTransactionError();
        return result;
      }),
    transaction: (statements, options) =>
      withClient(pool, async (client) => {
        await execute(client, { text: beginText(options), params: [] });
        const results: StatementResult[] = [];
        for (const statement of statements) results.push(await execute(client, statement));
        await execute(client, { text: "COMMIT", params: [] });
        return results;
      }),
    close: () => pool.end(),
  };
}

/** The pool waits for it, and gives up a connection on which it fails; its types do not say so. */
async function onConnect(client: pg.ClientBase): Promise<void> {
  await client.query(pinSession({ isLocal: false }));
}

async function withClient<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch(rethrow);
  try {
    const answer = await work(client);
    client.release();
    return answer;
  } catch (error) {
    // A connection that has failed is closed, and a transaction it was in ends with it.
    client.release(true);
    return rethrow(error);
  }
}

async function execute(client: pg.PoolClient, statement: Statement): Promise<StatementResult> {
  // One statement a request even without parameters, as Neon has it. The types of pg do not know `queryMode`.
  const query: pg.QueryArrayConfig & { queryMode: "extended" } = {
    text: statement.text,
    values: [...statement.params],
    rowMode: "array",
    types: RAW_TYPES,
    queryMode: "extended",
  };
  const result = await client.query<TextValue[]>(query);
  return {
    fields: result.fields.map((field) => ({
      name: field.name,
      dataTypeID: field.dataTypeID,
      tableID: field.tableID,
      columnID: field.columnID,
      dataTypeSize: field.dataTypeSize,
      dataTypeModifier: field.dataTypeModifier,
    })),
    rows: result.rows,
    command: result.command ?? "",
    rowCount: result.rowCount,
  };
}

function rethrow(error: unknown): never {
  if (!(error instanceof pg.DatabaseError)) throw error;
  const { message, severity, code, detail, hint, position, internalPosition, internalQuery } =
    error;
  const { where, schema, table, column, dataType, constraint, file, line, routine } = error;
  throw new PostgresError({
    ...{ message, severity, code, detail, hint, position, internalPosition, internalQuery },
    ...{ where, schema, table, column, dataType, constraint, file, line, routine },
  });
}
