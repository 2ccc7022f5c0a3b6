import type { PageName } from "../../data/route.ts";

/** A page that the bar leads to. */
export interface Place {
  page: PageName;
  path: string;
  words: string;
  /** After `g` it leads there. */
  key: string;
}

export const PLACES: readonly Place[] = [
  { page: "market", path: "/", words: "Market", key: "m" },
  { page: "explore", path: "/explore", words: "Explore", key: "e" },
  { page: "analytics", path: "/analytics", words: "Analytics", key: "n" },
  { page: "trace", path: "/trace", words: "Trace", key: "t" },
  { page: "alerts", path: "/alerts", words: "Alerts", key: "a" },
  { page: "operations", path: "/operations", words: "Operations", key: "o" },
];
