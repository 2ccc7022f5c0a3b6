/** Why a database call failed, by what helps. */
export type DatabaseFailure =
  /** The same call may succeed later; `why` is for the words. */
  | { kind: "unavailable"; why: Unavailability; detail: string }
  /** The same call will never succeed: its SQL or its data is wrong. */
  | { kind: "refused"; sqlstate: string; detail: string };

export type Unavailability =
  /** It cannot be reached, or it is going down or coming up. */
  | "away"
  /** It did not answer in the time it was given. */
  | "timeout"
  /** It has no room, memory or connection left. */
  | "exhausted"
  /** Others were in the way: a deadlock, or a lock that could not be had soon. */
  | "contended"
  /** Tables, rights or ranges of time are missing, or it does not know who asks. */
  | "unprepared";

/**
 * What a database did, or did not do: the driver makes it, and nobody else. Whatever else a call is
 * rejected with is a bug, of the code that asked or of the driver, and never means that the
 * database is away.
 */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly failure: DatabaseFailure;
  /** SQLSTATE, where Postgres has answered. */
  readonly code: string | undefined;
  /** The constraint that was in the way, where Postgres has named one. */
  readonly constraint: string | undefined;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.failure = classify(cause);
    this.code = sqlstateOf(cause);
    this.constraint = (cause as { constraint?: string } | null)?.constraint;
  }
}

/**
 * What `error` says of a database; null where it is no database's error, and so a bug or somebody
 * else's failure.
 */
export function failureOf(error: unknown): DatabaseFailure | null {
  return error instanceof DatabaseError ? error.failure : null;
}

/**
 * What a log says of `error`, caught around calls of a `Database`: a bug is an error, and told with
 * its stack.
 */
export function lineOf(error: unknown): {
  level: "warn" | "error";
  fields: Record<string, unknown>;
} {
  const failure = failureOf(error);
  if (failure !== null) {
    return { level: failure.kind === "unavailable" ? "warn" : "error", fields: { ...failure } };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { level: "error", fields: { kind: "broken", detail: messageOf(error), stack } };
}

/** Has Postgres said that such a row is stored already? (`unique_violation`) */
export function isCollision(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "23505";
}

/** Has Postgres said that its disk is full? */
export function isDiskFull(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "53100";
}

/**
 * Classes of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) that blame
 * the call itself. All others are the server's condition or its setup, which an operator can mend,
 * and so are failures without any SQLSTATE (network, timeout, an answer cut short, Neon's own
 * refusals): nothing acknowledged may be thrown away for those.
 */
const CALL_IS_WRONG = new Set(["0A", "21", "22", "23", "2F", "42", "44", "54"]);

/**
 * Of those classes, the ones that setup explains: missing migrations, missing rights, and missing
 * ranges of time.
 */
const SETUP_IS_WRONG = new Set(["42P01", "42703", "42883", "42P10", "42704", "42501", "23514"]);
/** What setup explains besides: a wrong password or name, a database that is not there. */
const ADDRESS_IS_WRONG = new Set(["28P01", "28000", "3D000"]);

/**
 * What Neon's proxy says without Postgres: that a request, or its answer, is larger than it lets
 * through (HTTP 413 and 507), and that a statement took longer than it waits, by a status or in
 * words under a SQLSTATE of its own.
 */
const TOO_LARGE = new Set([413, 507]);
const GATEWAY_TIMEOUT = 504;
const LIMIT_EXCEEDED = "54000";
const PROTOCOL_VIOLATION = "08P01";
const CUT_BY_PROXY = "Query cancelled";

const QUERY_CANCELED = "57014";
const CONTENTION = new Set(["40001", "40P01", "55P03"]);
const INSUFFICIENT_RESOURCES = "53";

function classify(error: unknown): DatabaseFailure {
  const detail = messageOf(error);
  const sqlstate = sqlstateOf(error);
  if (sqlstate === undefined) {
    const status = statusOf(detail);
    if (TOO_LARGE.has(status ?? 0)) return { kind: "refused", sqlstate: LIMIT_EXCEEDED, detail };
    const isLate = isTimeout(error) || status === GATEWAY_TIMEOUT;
    return { kind: "unavailable", why: isLate ? "timeout" : "away", detail };
  }
  if (sqlstate === PROTOCOL_VIOLATION && detail.startsWith(CUT_BY_PROXY)) {
    return { kind: "unavailable", why: "timeout", detail: `${sqlstate} ${detail}` };
  }
  if (CALL_IS_WRONG.has(sqlstate.slice(0, 2)) && !SETUP_IS_WRONG.has(sqlstate)) {
    return { kind: "refused", sqlstate, detail };
  }
  return { kind: "unavailable", why: whyOf(sqlstate), detail: `${sqlstate} ${detail}` };
}

function whyOf(sqlstate: string): Unavailability {
  if (sqlstate === QUERY_CANCELED) return "timeout";
  if (SETUP_IS_WRONG.has(sqlstate) || ADDRESS_IS_WRONG.has(sqlstate)) return "unprepared";
  if (CONTENTION.has(sqlstate)) return "contended";
  return sqlstate.startsWith(INSUFFICIENT_RESOURCES) ? "exhausted" : "away";
}

/** The HTTP status, which the driver has in its words alone. */
function statusOf(detail: string): number | undefined {
  const [, status] = /^Server error \(HTTP status (\d{3})\)/.exec(detail) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The driver wraps what `fetch` throws. */
function isTimeout(error: unknown): boolean {
  const { name, sourceError } = (error ?? {}) as { name?: unknown; sourceError?: unknown };
  return name === "TimeoutError" || (sourceError !== undefined && isTimeout(sourceError));
}

function sqlstateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
