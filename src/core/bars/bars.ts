import type { Bar, Interval } from "../../protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../protocol/events/bar.ts";
import type { TradeEvent } from "../../protocol/events/event.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { floorUs } from "../time/duration.ts";

/** A bar that can still take trades in any order: it knows the moments its open and close were traded. */
export interface GrowingBar extends Bar {
  trades: number;
  openedAtUs: EpochUs;
  closedAtUs: EpochUs;
}

export type PricedTrade = Pick<TradeEvent, "ts" | "price" | "size">;

/** Start of the bucket of `interval` that holds the moment `ts`; right before 1970 too. */
export function bucketStartUs(ts: EpochUs, interval: Interval): EpochUs {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  return floorUs(ts, lengthUs) as EpochUs;
}

/** The bar of one trade. */
export function openBar(trade: PricedTrade, interval: Interval): GrowingBar {
  return {
    ts: bucketStartUs(trade.ts, interval),
    open: trade.price,
    high: trade.price,
    low: trade.price,
    close: trade.price,
    volume: trade.size,
    trades: 1,
    openedAtUs: trade.ts,
    closedAtUs: trade.ts,
  };
}

/**
 * The bar with one more trade of its bucket. Open is the earliest trade and close the latest by trade time; of trades
 * at the same moment the one that arrived first opens and the one that arrived last closes (SPEC B-2).
 */
export function extendBar(bar: GrowingBar, trade: PricedTrade): GrowingBar {
  const opens = trade.ts < bar.openedAtUs;
  const closes = trade.ts >= bar.closedAtUs;
  return {
    ts: bar.ts,
    open: opens ? trade.price : bar.open,
    high: Math.max(bar.high, trade.price),
    low: Math.min(bar.low, trade.price),
    close: closes ? trade.price : bar.close,
    volume: bar.volume + trade.size,
    trades: bar.trades + 1,
    openedAtUs: opens ? trade.ts : bar.openedAtUs,
    closedAtUs: closes ? trade.ts : bar.closedAtUs,
  };
}
