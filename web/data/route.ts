import type { Interval } from "../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/words/interval.ts";
import { type PagePath, pageAt } from "../../src/protocol/words/page-path.ts";

/** `interval` null: none was chosen, so the page picks one that suits the data. */
export type Route =
  | Exclude<PagePath, { symbol: string } | { page: "explore" | "analytics" }>
  /** What is looked at stands in `search`, which the page reads itself. */
  | (Extract<PagePath, { page: "explore" | "analytics" }> & { search: string })
  | (Extract<PagePath, { symbol: string }> & { interval: Interval | null; search: string });

export type PageName = Route["page"];

/** What an address of the dashboard shows. */
export function routeOf(pathname: string, search: string): Route {
  const place = pageAt(pathname);
  if (place.page === "explore" || place.page === "analytics") return { page: place.page, search };
  if (!("symbol" in place)) return place;
  const interval = new URLSearchParams(search).get("interval");
  return { ...place, interval: isInterval(interval) ? interval : null, search };
}

/** The address of a symbol's page: `/s/BTC%2FUSDT:USDT`. What a path may hold as it is, it does. */
export function pathOfSymbol(symbol: string, interval: Interval | null = null): string {
  const path = `/s/${encodeURIComponent(symbol).replace(/%(3A|40|24|26|3D|2B)/g, decodeURIComponent)}`;
  return interval === null ? path : `${path}?interval=${interval}`;
}

/** The address of what bears a correlation id. */
export function pathOfTrace(id: string): string {
  return `/trace/${encodeURIComponent(id)}`;
}

function isInterval(text: string | null): text is Interval {
  return text !== null && Object.hasOwn(INTERVAL_SECONDS, text);
}
