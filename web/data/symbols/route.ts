import type { Interval } from "../../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../../src/protocol/words/interval.ts";

export type Route =
  | { page: "symbols" }
  /** `interval` null: none was chosen, so the page picks one that suits the data. */
  | { page: "symbol"; symbol: string; interval: Interval | null }
  | { page: "missing" };

/** What an address of the dashboard shows. */
export function routeOf(pathname: string, search: string): Route {
  if (pathname === "/" || pathname === "") return { page: "symbols" };
  // Typed by hand, a symbol's own slashes may stand as they are; one at the end is a habit.
  const match = /^\/s\/(.*?)\/?$/.exec(pathname);
  const symbol = decoded(match?.[1] ?? "");
  if (symbol === null || symbol === "") return { page: "missing" };
  const interval = new URLSearchParams(search).get("interval");
  return { page: "symbol", symbol, interval: isInterval(interval) ? interval : null };
}

/** The address of a symbol's page: `/s/BTC%2FUSDT:USDT`. What a path may hold as it is, it does. */
export function pathOfSymbol(symbol: string, interval: Interval | null = null): string {
  const path = `/s/${encodeURIComponent(symbol).replace(/%(3A|40|24|26|3D|2B)/g, decodeURIComponent)}`;
  return interval === null ? path : `${path}?interval=${interval}`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text).normalize("NFC");
  } catch {
    return null;
  }
}

function isInterval(text: string | null): text is Interval {
  return text !== null && Object.hasOwn(INTERVAL_SECONDS, text);
}
