import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { DatabaseError } from "./database-error.ts";
import { Turns } from "./turns.ts";

export type SqlValue = string | number | null;
export type Row = Record<string, unknown>;

export interface Statement {
  text: string;
  params: readonly SqlValue[];
}

/**
 * Postgres over HTTP. Values of float8 and int4 come back as numbers, all else (bigint among it) as
 * text. Where the database did not do what it was asked it rejects with a `DatabaseError`; anything
 * else is a bug.
 */
export interface Database {
  /** One statement. `tag` is the correlation id, which goes into a comment of the statement. */
  query(text: string, params: readonly SqlValue[], tag?: string): Promise<Row[]>;
  /** All or none, in one round trip, at READ COMMITTED. */
  transaction(statements: readonly Statement[], tag?: string): Promise<Row[][]>;
}

export type DatabaseUse = "reader" | "writer" | "keeper";

export interface DatabaseSettings {
  /**
   * `postgres://user:password@host/database`; for an endpoint of our own the password is its
   * secret.
   */
  url: string;
  /**
   * URL of an endpoint that speaks Neon's HTTP protocol (`http://127.0.0.1:5433/sql`); absent =
   * Neon's own.
   */
  endpoint?: string | undefined;
  /**
   * What the connection is for; reading where it is not said. An endpoint of our own keeps
   * connections apart for each use, so the writer and the keeper never wait for readers, and ends a
   * reader's statement after 12 s (SQLSTATE 57014).
   */
  use?: DatabaseUse;
  /**
   * A request that takes longer is given up, in ms; what it did in the database is then unknown. The
   * time begins when the request is sent, not while it waits for its turn.
   */
  timeoutMs: number;
  /**
   * Requests under way at once; the rest wait for their turn. A Durable Object has six connections,
   * and the platform lets a seventh wait with its time running: so {@link OBJECT_AT_ONCE} where
   * nothing is said. Who asks for requests of many clients cannot have them wait for each other, and
   * says Infinity.
   */
  atOnce?: number;
}

/** Leaves an object two of its six connections. */
const OBJECT_AT_ONCE = 4;

const neonsOwnEndpoint = neonConfig.fetchEndpoint;
const endpoints = new Map<string, string>();

// The driver takes its endpoint from one global setting only, so that setting looks the database
// up.
neonConfig.fetchEndpoint = (host, port, options) => {
  const own = endpoints.get(`${host}:${port}`);
  if (own !== undefined) return own;
  return typeof neonsOwnEndpoint === "string"
    ? neonsOwnEndpoint
    : neonsOwnEndpoint(host, port, options);
};

/**
 * The driver names what it fails with, but for a body that breaks off or is no answer of a
 * database, as of a proxy in between: that is named here. So whatever comes out of it without a
 * name is a bug.
 */
neonConfig.fetchFunction = async (url: string, init: RequestInit) => {
  const response = await fetch(url, init);
  const { ok, status } = response;
  return {
    ...{ ok, status },
    text: () => read(response.text()),
    json: async () => {
      const body = await read(response.json());
      if (ok && !isAnswer(body)) throw new NeonDbError("the answer is not one of a database");
      return body;
    },
  };
};

async function read<Body>(body: Promise<Body>): Promise<Body> {
  try {
    return await body;
  } catch (error) {
    const unread = new NeonDbError(`the answer cannot be read: ${error}`);
    unread.sourceError = error as Error;
    throw unread;
  }
}

/** Of one statement, or of several. */
function isAnswer(body: unknown): boolean {
  const { fields, rows, results } = (body ?? {}) as Record<string, unknown>;
  return Array.isArray(results) || (Array.isArray(fields) && Array.isArray(rows));
}

/**
 * Connects to nothing: every call is a request of its own. @throws where `url` is no Postgres URL.
 */
export function openDatabase(settings: DatabaseSettings): Database {
  const url = new URL(settings.url);
  const { hostname, port } = url;
  if (settings.endpoint !== undefined) endpoints.set(`${hostname}:${port}`, settings.endpoint);
  // A parameter that every Postgres takes, and shows beside the statement.
  url.searchParams.set("application_name", `edgetape-${settings.use ?? "reader"}`);
  const sql = neon(url.href);
  const turns = new Turns(settings.atOnce ?? OBJECT_AT_ONCE);
  const send = <Answer>(request: (signal: AbortSignal) => Promise<Answer>) =>
    turns.take(() => named(within(settings.timeoutMs, request)));
  return {
    async query(text, params, tag) {
      const rows = await send((signal) =>
        sql.query(withTag(text, tag), [...params], { fetchOptions: { signal } }),
      );
      return rows as Row[];
    },
    async transaction(statements, tag) {
      const queries = statements.map(({ text, params }) =>
        sql.query(withTag(text, tag), [...params]),
      );
      const results = await send((signal) =>
        sql.transaction(queries, { isolationLevel: "ReadCommitted", fetchOptions: { signal } }),
      );
      return results as Row[][];
    },
  };
}

/** Ends the request after `ms`. The timer ends with it: one that is set keeps an object awake, and is billed. */
async function within<Answer>(
  ms: number,
  request: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new DOMException(`no answer within ${ms} ms`, "TimeoutError")),
    ms,
  );
  try {
    return await request(late.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Only what the driver has named is a database's error. */
async function named<Answer>(call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof NeonDbError ? new DatabaseError(error) : error;
  }
}

/**
 * The statement with its correlation id in a comment at the end, where every log of Postgres shows
 * it.
 */
function withTag(text: string, tag: string | undefined): string {
  if (tag === undefined) return text;
  // Only characters that cannot end the comment or begin another.
  return `${text} /* correlation_id=${tag.replace(/[^\w.:-]/g, "_").slice(0, 128)} */`;
}
