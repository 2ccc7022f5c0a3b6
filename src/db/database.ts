import { neon, neonConfig } from "@neondatabase/serverless";

export type SqlValue = string | number | null;
export type Row = Record<string, unknown>;

export interface Statement {
  text: string;
  params: readonly SqlValue[];
}

/**
 * Postgres over HTTP. Values of float8 and int4 come back as numbers, all else (bigint among it) as text.
 * Rejections are told apart by `classifyFailure`.
 */
export interface Database {
  /** One statement. `tag` is the correlation id, which goes into a comment of the statement. */
  query(text: string, params: readonly SqlValue[], tag?: string): Promise<Row[]>;
  /** All or none, in one round trip, at READ COMMITTED. */
  transaction(statements: readonly Statement[], tag?: string): Promise<Row[][]>;
}

export type DatabaseUse = "reader" | "writer" | "keeper";

export interface DatabaseSettings {
  /** `postgres://user:password@host/database`; for an endpoint of our own the password is its secret. */
  url: string;
  /** URL of an endpoint that speaks Neon's HTTP protocol (`http://127.0.0.1:5433/sql`); absent = Neon's own. */
  endpoint?: string | undefined;
  /**
   * What the connection is for; reading where it is not said. An endpoint of our own keeps connections apart for each use,
   * so the writer and the keeper never wait for readers, and ends a reader's statement after 12 s (SQLSTATE 57014).
   */
  use?: DatabaseUse;
  /** A request that takes longer is given up, in ms; what it did in the database is then unknown. */
  timeoutMs: number;
}

const neonsOwnEndpoint = neonConfig.fetchEndpoint;
const endpoints = new Map<string, string>();

// The driver takes its endpoint from one global setting only, so that setting looks the database up.
neonConfig.fetchEndpoint = (host, port, options) => {
  const own = endpoints.get(`${host}:${port}`);
  if (own !== undefined) return own;
  return typeof neonsOwnEndpoint === "string"
    ? neonsOwnEndpoint
    : neonsOwnEndpoint(host, port, options);
};

/** Connects to nothing: every call is a request of its own. @throws where `url` is no Postgres URL. */
export function openDatabase(settings: DatabaseSettings): Database {
  const url = new URL(settings.url);
  const { hostname, port } = url;
  if (settings.endpoint !== undefined) endpoints.set(`${hostname}:${port}`, settings.endpoint);
  // A parameter that every Postgres takes, and shows beside the statement.
  url.searchParams.set("application_name", `edgetape-${settings.use ?? "reader"}`);
  const sql = neon(url.href);
  const fetchOptions = () => ({ signal: AbortSignal.timeout(settings.timeoutMs) });
  return {
    async query(text, params, tag) {
      const rows = await sql.query(withTag(text, tag), [...params], {
        fetchOptions: fetchOptions(),
      });
      return rows as Row[];
    },
    async transaction(statements, tag) {
      const queries = statements.map(({ text, params }) =>
        sql.query(withTag(text, tag), [...params]),
      );
      const results = await sql.transaction(queries, {
        isolationLevel: "ReadCommitted",
        fetchOptions: fetchOptions(),
      });
      return results as Row[][];
    },
  };
}

/** The statement with its correlation id in a comment at the end, where every log of Postgres shows it. */
function withTag(text: string, tag: string | undefined): string {
  if (tag === undefined) return text;
  // Only characters that cannot end the comment or begin another.
  return `${text} /* correlation_id=${tag.replace(/[^\w.:-]/g, "_").slice(0, 128)} */`;
}

/** Why a database call failed, by what helps. */
export type DatabaseFailure =
  /** The same call may succeed later: network, timeout, restart, too many connections, deadlock, setup not done. */
  | { kind: "unavailable"; detail: string }
  /** The same call will never succeed: its SQL or its data is wrong. */
  | { kind: "refused"; sqlstate: string; detail: string };

/**
 * Classes of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) that blame the call itself. All
 * others are the server's condition or its setup, which an operator can mend, and so are failures without any SQLSTATE
 * (network, timeout, an answer cut short, Neon's own refusals): nothing acknowledged may be thrown away for those.
 */
const CALL_IS_WRONG = new Set(["0A", "21", "22", "23", "2F", "42", "44", "54"]);

/** Of those classes, the ones that setup explains: missing migrations, missing rights, and missing ranges of time. */
const SETUP_IS_WRONG = new Set(["42P01", "42703", "42883", "42P10", "42704", "42501", "23514"]);

export function classifyFailure(error: unknown): DatabaseFailure {
  const detail = error instanceof Error ? error.message : String(error);
  const sqlstate = (error as { code?: unknown } | null)?.code;
  if (typeof sqlstate !== "string" || !/^[0-9A-Z]{5}$/.test(sqlstate)) {
    return { kind: "unavailable", detail };
  }
  if (!CALL_IS_WRONG.has(sqlstate.slice(0, 2)) || SETUP_IS_WRONG.has(sqlstate)) {
    return { kind: "unavailable", detail: `${sqlstate} ${detail}` };
  }
  return { kind: "refused", sqlstate, detail };
}
