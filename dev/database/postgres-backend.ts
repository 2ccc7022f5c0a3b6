import pg from "pg";
import { pinSession } from "../../src/db/driver/session-settings.ts";
import {
  type Backend,
  beginText,
  type Call,
  CONNECTION_USES,
  type ConnectionUse,
  openTransactionError,
  PostgresError,
  type Statement,
  type StatementResult,
  type TextValue,
} from "./backend.ts";

/** Connections at most, and how long a statement of each may take, in ms (0 = as long as its client waits). */
const CONNECTIONS: Record<ConnectionUse, { most: number; statementTimeoutMs: number }> = {
  // Less than the Worker waits for a read, so that it hears what has happened.
  reader: { most: 6, statementTimeoutMs: 12_000 },
  writer: { most: 4, statementTimeoutMs: 0 },
  keeper: { most: 2, statementTimeoutMs: 0 },
  prompt: { most: 2, statementTimeoutMs: 0 },
  "writing-prompt": { most: 2, statementTimeoutMs: 0 },
};

/** So long a call waits for a connection to be free, or to be made. In ms. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A database that has not taken a cancellation for so long says nothing more on its connections, as behind a link that is cut. In ms. */
const CANCEL_TIMEOUT_MS = 5_000;

/** A connection that was left in the middle of a transaction holds locks; nothing of ours pauses in one. In ms. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** Every value stays the text that Postgres sent. */
const RAW_TYPES = { getTypeParser: () => (value: string) => value };

/**
 * Any Postgres by its URL, through a pool for each use. Nothing is connected before the first statement.
 *
 * @param roleOf the role of each use's connections, where they are not all the URL's.
 */
export function openPostgres(url: string, roleOf?: (use: ConnectionUse) => string): Backend {
  const urlOf = (use: ConnectionUse) => (roleOf === undefined ? url : withUser(url, roleOf(use)));
  const uses = Object.fromEntries(CONNECTION_USES.map((use) => [use, openPool(urlOf(use), use)]));
  const pools = uses as Record<ConnectionUse, pg.Pool>;
  // To end a statement takes a connection of its own, which must be there when all others are busy.
  const canceller = new pg.Pool({
    ...connectionTo(urlOf("keeper")),
    max: 1,
    application_name: "edgetape-cancel",
    query_timeout: CANCEL_TIMEOUT_MS,
  });
  canceller.on("error", () => undefined);

  const cancel = async (processId: number) => {
    await canceller.query("select pg_cancel_backend($1)", [processId]);
  };
  return {
    run: (statement, call = {}) =>
      withClient(pools, call, cancel, async (client) => {
        const result = await execute(client, statement);
        if (client.getTransactionStatus() !== "I") throw openTransactionError();
        return result;
      }),
    transaction: (statements, options, call = {}) =>
      withClient(pools, call, cancel, async (client) => {
        await execute(client, { text: beginText(options), params: [] });
        const results: StatementResult[] = [];
        for (const statement of statements) results.push(await execute(client, statement));
        await execute(client, { text: "COMMIT", params: [] });
        return results;
      }),
    close: async () => {
      await Promise.all([...Object.values(pools), canceller].map((pool) => pool.end()));
    },
  };
}

function openPool(url: string, use: ConnectionUse): pg.Pool {
  const { most, statementTimeoutMs } = CONNECTIONS[use];
  const pool = new pg.Pool({
    ...connectionTo(url),
    max: most,
    application_name: `edgetape-${use}`,
    ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs } : {}),
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  // So would one that breaks in use: the pool listens to idle ones alone. Its statement rejects, which is all that is to be told.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

function withUser(url: string, user: string): string {
  const changed = new URL(url);
  changed.username = user;
  return changed.href;
}

function connectionTo(url: string): pg.PoolConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    onConnect,
  };
}

/** The pool waits for it, and gives up a connection on which it fails; its types do not say so. */
async function onConnect(client: pg.ClientBase): Promise<void> {
  await client.query(pinSession({ isLocal: false }).text);
}

async function withClient<T>(
  pools: Record<ConnectionUse, pg.Pool>,
  { use = "keeper", signal }: Call,
  cancel: (processId: number) => Promise<void>,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await connect(pools[use], use);
  let cancelling: Promise<void> | undefined;
  const onAbort = () => {
    const { processID } = client as unknown as { processID: number };
    cancelling = cancel(processID).catch((error: unknown) => {
      // One that refuses to be told is there, and its statement ends. Of one that says nothing the call would wait for good.
      if (!(error instanceof pg.DatabaseError)) void (client as unknown as pg.Client).end();
    });
  };
  try {
    // Whoever waited for a connection may have gone by now.
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    const answer = await work(client);
    signal?.removeEventListener("abort", onAbort);
    // A cancellation that comes late must not meet somebody else's statement.
    await cancelling;
    client.release(cancelling !== undefined);
    return answer;
  } catch (error) {
    signal?.removeEventListener("abort", onAbort);
    await cancelling;
    // A connection that has failed is closed, and a transaction it was in ends with it.
    client.release(!signal?.aborted || cancelling !== undefined);
    return rethrow(error);
  }
}

async function connect(pool: pg.Pool, use: ConnectionUse): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if ((error as Error).message === POOL_IS_BUSY) throw busyError(use);
    return rethrow(error);
  }
}

/** What pg-pool says where all connections stay in use. */
const POOL_IS_BUSY = "timeout exceeded when trying to connect";

function busyError(use: ConnectionUse): PostgresError {
  const { most } = CONNECTIONS[use];
  return new PostgresError({
    message: `the ${most} database connections of the ${use} have all been busy for ${CONNECT_TIMEOUT_MS / 1_000} s`,
    severity: "ERROR",
    // too_many_connections
    code: "53300",
  });
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
