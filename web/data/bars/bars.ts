import { volumeOf } from "../../../src/core/bars/bar-volume.ts";
import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/**
 * A bar on the chart. It knows the moments its open and close were traded only where every trade of it came live;
 * `null` marks a bar of the history answer, whose trades the page has not seen.
 */
export interface ChartBar extends Bar {
  openedAtUs: EpochUs | null;
  closedAtUs: EpochUs | null;
  /** Where `openedAtUs` is not known: some trade of the bar happened by then, so a later one does not open it. */
  openedByUs: number;
}

type PricedTrade = Pick<TradeEvent, "ts" | "price" | "size">;

/**
 * What the page knows of the trades that make up its bars: it has seen, live, every one that happened at `fromUs` or
 * later, the latest of them at `latestUs`. A trade stamped ahead of the room's clock can slip through that; the room's
 * own 1 m bar, or the next look at history, puts right what it did.
 */
export interface Seen {
  fromUs: number;
  latestUs: number;
}

export interface AppliedTrades {
  bars: ChartBar[];
  /** Index of the first bar that differs from before; the length where none does. */
  changedFrom: number;
  /**
   * The earliest bar into whose midst a trade fell, where its place is unknown: open or close may be wrong until history is asked. Null: none
   * is.
   */
  doubtFromUs: EpochUs | null;
}

/** What the page knows after a look at more live trades, whether or not the bars take them. */
export function afterSeeing(seen: Seen, trades: readonly PricedTrade[]): Seen {
  const latestUs = trades.reduce((latest, trade) => Math.max(latest, trade.ts), seen.latestUs);
  return { fromUs: seen.fromUs, latestUs };
}

/**
 * The bars with `trades` in them, each in the bucket of its own time (INV-7), in whatever order they came; `seen` is
 * what was known before them.
 */
export function applyTrades(
  bars: readonly ChartBar[],
  trades: readonly PricedTrade[],
  interval: Interval,
  seen: Seen,
): AppliedTrades {
  const next = bars.slice();
  let changedFrom = next.length;
  let doubtFromUs: EpochUs | null = null;
  let known = seen;
  for (const trade of trades) {
    const ts = bucketStartUs(trade.ts, interval);
    const index = lastAtOrBefore(next, ts);
    const bar = next[index];
    if (bar?.ts === ts) {
      const extended = extend(bar, trade, index === next.length - 1, known);
      next[index] = extended.bar;
      if (extended.doubtful && ts < (doubtFromUs ?? Number.POSITIVE_INFINITY)) doubtFromUs = ts;
      changedFrom = Math.min(changedFrom, index);
    } else {
      next.splice(index + 1, 0, open(trade, ts));
      changedFrom = Math.min(changedFrom, index + 1);
    }
    known = afterSeeing(known, [trade]);
  }
  return { bars: next, changedFrom, doubtFromUs };
}

/**
 * The bars of a history answer as the newest truth, over the bars shown so far: what is older than the answer stays, and
 * a bar whose trades all came live keeps what it knows. No trade of the answer happened after `cursorUs`.
 */
export function mergeHistory(
  shown: readonly ChartBar[],
  answer: readonly Bar[],
  cursorUs: number,
): ChartBar[] {
  const first = answer[0];
  if (first === undefined) return [];
  const older = shown.slice(0, lastAtOrBefore(shown, first.ts - 1) + 1);
  const fresh = answer.map((bar): ChartBar => {
    const known = shown[lastAtOrBefore(shown, bar.ts)];
    if (known?.ts !== bar.ts) return unseenBar(bar, cursorUs);
    const openedByUs = known.openedAtUs ?? known.openedByUs;
    if (known.trades !== bar.trades) return unseenBar(bar, openedByUs);
    const { openedAtUs, closedAtUs } = known;
    return { ...bar, openedAtUs, closedAtUs, openedByUs };
  });
  return [...older, ...fresh];
}

/** The newest truth of bars before a moment, over those shown: see `mergeHistory`. */
export function bringBefore(
  shown: readonly ChartBar[],
  answer: readonly Bar[],
  beforeUs: number,
): ChartBar[] {
  const place = lastAtOrBefore(shown, beforeUs - 1) + 1;
  const before = shown.slice(0, place);
  const brought =
    answer.length === 0 ? before : mergeHistory(before, answer, Number.POSITIVE_INFINITY);
  return [...brought, ...shown.slice(place)];
}

/** Older bars put before the ones shown. */
export function prependBars(shown: readonly ChartBar[], older: readonly Bar[]): ChartBar[] {
  const first = shown[0]?.ts ?? Number.POSITIVE_INFINITY;
  const before = older.filter((bar) => bar.ts < first);
  return [...before.map((bar) => unseenBar(bar, Number.POSITIVE_INFINITY)), ...shown];
}

function unseenBar(bar: Bar, openedByUs: number): ChartBar {
  return { ...bar, openedAtUs: null, closedAtUs: null, openedByUs };
}

/**
 * The bars with one the room has closed or corrected. It is taken where it holds as many trades as ours: then it is the
 * same trades, and its open and close are right. Otherwise trades are still on their way to one of us.
 */
export function applyBar(bars: readonly ChartBar[], bar: Bar): AppliedTrades {
  const index = lastAtOrBefore(bars, bar.ts);
  const shown = bars[index];
  const unchanged = { bars: bars as ChartBar[], changedFrom: bars.length, doubtFromUs: null };
  if (shown === undefined || shown.ts !== bar.ts || shown.trades !== bar.trades) return unchanged;
  if (shown.open === bar.open && shown.close === bar.close) return unchanged;
  const next = bars.slice();
  next[index] = { ...shown, open: bar.open, close: bar.close };
  return { bars: next, changedFrom: index, doubtFromUs: null };
}

/** Index of the last bar that starts at `ts` or before; -1 where all start later. */
export function lastAtOrBefore(bars: readonly Bar[], ts: number): number {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bars[middle]?.ts ?? 0) <= ts) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function open(trade: PricedTrade, ts: EpochUs): ChartBar {
  const { price, size } = trade;
  return {
    ts,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: size,
    trades: 1,
    openedAtUs: trade.ts,
    closedAtUs: trade.ts,
    openedByUs: trade.ts,
  };
}

function extend(
  bar: ChartBar,
  trade: PricedTrade,
  isNewest: boolean,
  seen: Seen,
): { bar: ChartBar; doubtful: boolean } {
  // Of the newest bar the latest trade of all is the closing one, where the page has seen it.
  const latestUs = isNewest && seen.latestUs >= seen.fromUs ? seen.latestUs : null;
  const closedAtUs = bar.closedAtUs ?? (latestUs as EpochUs | null);
  const isLatest = trade.ts >= (closedAtUs ?? Math.max(seen.fromUs, seen.latestUs));
  const isEarliest = bar.openedAtUs !== null && trade.ts < bar.openedAtUs;
  const isOpenKnown = bar.openedAtUs !== null || isLatest || trade.ts >= bar.openedByUs;
  const isCloseKnown = isLatest || closedAtUs !== null;
  // Nobody has said how many trades an imported bar has.
  const count = bar.trades === undefined ? undefined : bar.trades + 1;
  // Of what is not known, the likelier: the newest bar grows at its end.
  const closes = isLatest || (closedAtUs === null && isNewest);
  return {
    bar: {
      ...bar,
      open: isEarliest ? trade.price : bar.open,
      high: Math.max(bar.high, trade.price),
      low: Math.min(bar.low, trade.price),
      close: closes ? trade.price : bar.close,
      volume: volumeOf(bar.volume + trade.size, count ?? null),
      ...(count !== undefined && { trades: count }),
      openedAtUs: isEarliest ? trade.ts : bar.openedAtUs,
      closedAtUs: isLatest ? trade.ts : closedAtUs,
    },
    doubtful: !isOpenKnown || !isCloseKnown,
  };
}
