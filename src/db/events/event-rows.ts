import { type BookEvent, canonicalSeq, type Level } from "../../protocol/events/book.ts";
import type { MetricEvent, PositionEvent, TradeEvent } from "../../protocol/events/event.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Row } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/** The event of a row with `ts_us`, `metric`, `labels_key` and `value`, as it was on the wire. */
export function metricOf(row: Row): MetricEvent {
  const event: MetricEvent = {
    kind: "metric",
    ts: Number(row["ts_us"]) as EpochUs,
    metric: row["metric"] as string,
    value: row["value"] as number,
  };
  const labelsKey = row["labels_key"] as string;
  if (labelsKey !== "{}") event.labels = JSON.parse(labelsKey) as Record<string, string>;
  return event;
}

/** The event of a row with `ts_us`, `price`, `size`, `side`, `venue` and `trade_id`. */
export function tradeOf(row: Row): TradeEvent {
  const event: TradeEvent = {
    kind: "trade",
    ts: Number(row["ts_us"]) as EpochUs,
    price: row["price"] as number,
    size: row["size"] as number,
  };
  if (row["side"] === 1) event.side = "buy";
  else if (row["side"] === -1) event.side = "sell";
  if (row["trade_id"] !== "") event.id = row["trade_id"] as string;
  if (row["venue"] !== "") event.venue = row["venue"] as string;
  return event;
}

/** The event of a row with `ts_us`, `quantity`, `avg_price` and `account`. */
export function positionOf(row: Row): PositionEvent {
  const event: PositionEvent = {
    kind: "position",
    ts: Number(row["ts_us"]) as EpochUs,
    quantity: row["quantity"] as number,
  };
  if (row["avg_price"] !== null) event.avg_price = row["avg_price"] as number;
  if (row["account"] !== "") event.account = row["account"] as string;
  return event;
}

/** SQL: the book of a row of `books`, in one text, as `bookOf` reads it. */
export const BOOK_TEXT = sql`json_build_array(seq::text, bid_prices, bid_sizes, ask_prices, ask_sizes)::text`;

/** The sample of a row with `ts_us` and, in `book`, `BOOK_TEXT`. */
export function bookOf(row: Row): BookEvent {
  const [seq, bidPrices, bidSizes, askPrices, askSizes] = JSON.parse(row["book"] as string) as [
    seq: string | null,
    ...columns: [number[], number[], number[], number[]],
  ];
  return {
    kind: "book",
    ts: Number(row["ts_us"]) as EpochUs,
    type: "snapshot",
    bids: levelsOf(bidPrices, bidSizes),
    asks: levelsOf(askPrices, askSizes),
    ...(seq !== null && { seq: canonicalSeq(seq) }),
    sampled: true,
  };
}

function levelsOf(prices: readonly number[], sizes: readonly number[]): Level[] {
  return prices.map((price, at) => [price, sizes[at] as number]);
}
