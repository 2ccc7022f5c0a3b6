import type { LiveSymbol } from "../market/live-market.ts";
import { listedPrice } from "./listed-price.ts";
import type { ListedSymbol } from "./symbol-list.ts";

/** The list as this browser saw it last. */
export interface LastSeen {
  atMs: number;
  list: readonly ListedSymbol[];
}

/** Nobody looks through more of them without a server. */
const MOST_LINES = 500;

/** What is kept of a list: its lines, with what a stream has told since. */
export function seenNow(
  list: readonly ListedSymbol[],
  live: ReadonlyMap<string, LiveSymbol>,
  nowMs: number,
): LastSeen {
  const lines = list.slice(0, MOST_LINES).map((listed): ListedSymbol => {
    // Nothing moves where it is read, and the last look tells the digits.
    const line = { ...listed, moves: 0, trail: listed.trail.slice(-1) };
    const trade = newerTrade(listed, live.get(listed.symbol));
    if (trade === null) return line;
    const { last_interval: _ofBar, ...traded } = line;
    const { price: last, ts } = trade;
    const price = { price: last, asOf: { kind: "moment" as const, ts } };
    const { change } = listedPrice(listed, undefined, price, nowMs);
    return { ...traded, last, last_ts: ts, change, trail: [last] };
  });
  return { atMs: nowMs, list: lines };
}

/** The last trade that the stream has told of; null where the list knows one that is newer. */
export function newerTrade(listed: ListedSymbol, live: LiveSymbol | undefined) {
  const trade = live?.trade ?? null;
  return trade === null || trade.ts < (listed.last_ts ?? 0) ? null : trade;
}

/** What was kept as `text`; null where it is nothing that this build kept. */
export function lastSeenOf(text: string | null): LastSeen | null {
  try {
    const seen = JSON.parse(text ?? "null") as LastSeen | null;
    return typeof seen?.atMs === "number" && Array.isArray(seen.list) ? seen : null;
  } catch {
    return null;
  }
}
