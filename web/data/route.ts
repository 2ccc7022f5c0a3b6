import type { Interval } from "../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/words/interval.ts";

export type Route =
  | { page: "market" }
  /** `interval` null: none was chosen, so the page picks one that suits the data. `embed`: the chart alone, for a frame. */
  | { page: "symbol" | "embed"; symbol: string; interval: Interval | null }
  /** `id` null: none was given yet. */
  | { page: "trace"; id: string | null }
  | { page: "alerts" }
  /** What is looked at stands in `search`, which the page reads itself. */
  | { page: "explore" | "analytics"; search: string }
  | { page: "operations" }
  | { page: "missing" };

export type PageName = Route["page"];

/** What an address of the dashboard shows. */
export function routeOf(pathname: string, search: string): Route {
  const [, place = "", rest] = /^\/([^/]*)(?:\/(.*?)\/?)?$/.exec(pathname) ?? [];
  const name = rest === undefined || rest === "" ? null : decoded(rest);
  switch (place) {
    case "":
      return { page: "market" };
    // Typed by hand, a symbol's own slashes may stand as they are; one at the end is a habit.
    case "s":
    case "embed": {
      if (name === null) return { page: "missing" };
      const interval = new URLSearchParams(search).get("interval");
      const page = place === "s" ? "symbol" : "embed";
      return { page, symbol: name, interval: isInterval(interval) ? interval : null };
    }
    case "trace":
      return { page: "trace", id: name };
    case "explore":
    case "analytics":
      return name === null ? { page: place, search } : { page: "missing" };
    case "alerts":
    case "operations":
      return { page: name === null ? place : "missing" };
    default:
      return { page: "missing" };
  }
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
