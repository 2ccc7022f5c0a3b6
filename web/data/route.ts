import type { Interval } from "../../src/protocol/bar.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/interval.ts";

export type Route =
  | { page: "symbols" }
  /** `interval` null: none was chosen, so the page picks one that suits the data. */
  | { page: "symbol"; symbol: string; interval: Interval | null }
  | { page: "missing" };

/** What an address of the dashboard shows. */
export function routeOf(pathname: string, search: string): Route {
  if (pathname === "/" || pathname === "") return { page: "symbols" };
  const match = /^\/s\/([^/]+)\/?$/.exec(pathname);
  if (match?.[1] === undefined) return { page: "missing" };
  const symbol = decoded(match[1]);
  if (symbol === null) return { page: "missing" };
  const interval = new URLSearchParams(search).get("interval");
  return { page: "symbol", symbol, interval: isInterval(interval) ? interval : null };
}

/**
 * The address of a symbol's page. A dot is escaped too: what serves the page takes a path with an extension for a
 * file, and symbols have dots (`BRK.B`).
 */
export function pathOfSymbol(symbol: string, interval: Interval | null = null): string {
  const path = `/s/${encodeURIComponent(symbol).replaceAll(".", "%2E")}`;
  return interval === null ? path : `${path}?interval=${interval}`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function isInterval(text: string | null): text is Interval {
  return text !== null && Object.hasOwn(INTERVAL_SECONDS, text);
}
