import { PostgresError } from "./backend.ts";
import { StartFailure } from "./postgres/start-failure.ts";

/** A Postgres of one's own that does not answer, in words. It may yet: what is started with it comes up in any order. */
export class NotReached extends Error {}

/** SQLSTATEs by which a Postgres says that it will never take this URL (appendix A of its documentation). */
const WRONG_URL: Record<string, (url: URL) => string> = {
  "3D000": (url) =>
    `has no database ${url.pathname.slice(1)}: createdb makes it, or name another one`,
  "28P01": (url) => `does not take the password of ${url.username}`,
  "28000": (url) => `does not let ${url.username} in`,
};

/**
 * What a failed first call of the database at `databaseUrl` means: a `StartFailure` where another try would not help, a
 * `NotReached` where it may, and anything else as it is.
 */
export function unreached(databaseUrl: string, error: unknown): unknown {
  if (error instanceof StartFailure) return error;
  const url = new URL(databaseUrl);
  const where = `DATABASE_URL: the Postgres at ${url.host}`;
  if (error instanceof PostgresError) {
    const words = WRONG_URL[error.fields.code ?? ""]?.(url);
    return words === undefined ? error : new StartFailure(`${where} ${words}`);
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOTFOUND") {
    return new StartFailure(`DATABASE_URL: there is no host ${url.hostname}`);
  }
  return code === undefined ? error : new NotReached(`${where} does not answer (${code})`);
}
