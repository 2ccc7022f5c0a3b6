import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { Gap } from "../../../src/protocol/socket/server-message.ts";

/** A line of the trades list, newest first. `key` is unique for as long as the page lives. */
export type TradeRow =
  | { kind: "trade"; key: number; trade: TradeEvent; direction: "up" | "down" | "same" }
  | { kind: "gap"; key: number; gap: Gap };

/** What a person scrolls through, and no more: the page is left open for days. */
const MAX_ROWS = 120;

export interface TradeList {
  rows: readonly TradeRow[];
  nextKey: number;
  /** The latest trade by its own time: the last price. */
  latest: TradeEvent | null;
}

export const NO_TRADES: TradeList = { rows: [], nextKey: 1, latest: null };

/** The list with new trades on top, in the order they came. */
export function addTrades(list: TradeList, trades: readonly TradeEvent[]): TradeList {
  let { nextKey, latest } = list;
  const fresh: TradeRow[] = [];
  let before = list.rows.find((row) => row.kind === "trade")?.trade.price;
  for (const trade of trades) {
    fresh.unshift({
      kind: "trade",
      key: nextKey++,
      trade,
      direction: directionOf(before, trade.price),
    });
    before = trade.price;
    if (latest === null || trade.ts >= latest.ts) latest = trade;
  }
  return { rows: [...fresh, ...list.rows].slice(0, MAX_ROWS), nextKey, latest };
}

/** The list with a gap said on top. */
export function addGap(list: TradeList, gap: Gap): TradeList {
  const row: TradeRow = { kind: "gap", key: list.nextKey, gap };
  return { ...list, rows: [row, ...list.rows].slice(0, MAX_ROWS), nextKey: list.nextKey + 1 };
}

function directionOf(before: number | undefined, price: number): "up" | "down" | "same" {
  if (before === undefined || before === price) return "same";
  return price > before ? "up" : "down";
}
