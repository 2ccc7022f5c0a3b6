import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { Gap } from "../../../src/protocol/socket/server-message.ts";

/**
 * A line of the trades list, newest first. `key` is unique for as long as the page lives; everything of the line is up to `cursor`.
 */
export type TradeRow = { key: number; cursor: number } & (
  | { kind: "trade"; trade: TradeEvent; direction: "up" | "down" | "same" }
  | { kind: "gap"; gap: Gap }
);

/** What a person scrolls through, and no more: the page is left open for days. */
const MAX_ROWS = 120;

export interface TradeList {
  rows: readonly TradeRow[];
  nextKey: number;
  /** The latest trade by its own time: the last price. */
  latest: TradeEvent | null;
  /** The trades of before are up to here: what is told of them again is passed over. */
  past: number;
}

export const NO_TRADES: TradeList = { rows: [], nextKey: 1, latest: null, past: 0 };

/** The list with new trades of a frame on top, in the order they came. */
export function addTrades(
  list: TradeList,
  trades: readonly TradeEvent[],
  cursor: number,
): TradeList {
  if (cursor <= list.past) return list;
  let { nextKey, latest } = list;
  const fresh: TradeRow[] = [];
  let before = list.rows.find((row) => row.kind === "trade")?.trade.price;
  for (const trade of trades) {
    fresh.unshift({
      kind: "trade",
      key: nextKey++,
      cursor,
      trade,
      direction: directionOf(before, trade.price),
    });
    before = trade.price;
    if (latest === null || trade.ts >= latest.ts) latest = trade;
  }
  return { ...list, rows: [...fresh, ...list.rows].slice(0, MAX_ROWS), nextKey, latest };
}

/** The list with trades of before it, the newest first, in the place of its lines up to `cursor`, which they have. */
export function addPast(list: TradeList, past: readonly TradeEvent[], cursor: number): TradeList {
  const begun = addTrades({ ...NO_TRADES, nextKey: list.nextKey }, past.toReversed(), cursor);
  return list.rows
    .filter((row) => row.cursor > cursor)
    .reduceRight(
      (all, row) =>
        row.kind === "gap" ? addGap(all, row.gap) : addTrades(all, [row.trade], row.cursor),
      { ...begun, past: cursor },
    );
}

/** The list with a gap said on top. */
export function addGap(list: TradeList, gap: Gap): TradeList {
  const row: TradeRow = { kind: "gap", key: list.nextKey, cursor: gap.to, gap };
  const rows = [row, ...list.rows].slice(0, MAX_ROWS);
  // In another life of the log the cursors of before mean nothing.
  const past = gap.reason === "reset" ? 0 : list.past;
  return { ...list, rows, nextKey: list.nextKey + 1, past };
}

function directionOf(before: number | undefined, price: number): "up" | "down" | "same" {
  if (before === undefined || before === price) return "same";
  return price > before ? "up" : "down";
}
