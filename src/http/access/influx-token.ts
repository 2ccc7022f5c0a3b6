import type { AppContext } from "../context.ts";

/**
 * The token of a request as clients of InfluxDB send it: `Authorization: Token T`, or `Bearer T`, or as the password of `Basic`, as
 * those of its first version do; null where none came. "" where one came that cannot be read.
 */
export function influxToken(c: AppContext): string | null {
  const header = c.req.header("authorization")?.trim();
  if (header === undefined) return null;
  const [, scheme = "", credentials = ""] = /^(\w+) +(\S+)$/.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case "token":
    case "bearer":
      return passwordOf(credentials);
    case "basic":
      return passwordOf(decoded(credentials));
    default:
      return "";
  }
}

/** The same, or `p` of the query: the one way that some clients of the first version know. */
export function influx1Token(c: AppContext): string | null {
  return influxToken(c) ?? c.req.query("p") ?? null;
}

/** Some send `user:password` where others send a token, which has no colon. */
function passwordOf(credentials: string): string {
  return credentials.slice(credentials.lastIndexOf(":") + 1);
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}
