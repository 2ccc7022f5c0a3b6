import { changeOf, NO_BASE, NOT_POSITIVE, OLD_PRICE } from "./change.ts";
import { type AsOf, isOverADay, type LastPrice } from "./last-price.ts";
import type { ListedSymbol } from "./symbol-list.ts";

/** What the bars of a symbol tell the list. */
export interface Past {
  /** Bars of the day before the list was opened, or the newest days that were imported; oldest first. */
  bars: readonly { ts: number; close: number }[];
  /**
   * Where nobody has pushed a trade but bars were imported: the newest day's close, which is the last price there is, and
   * the close before it.
   */
  imported: { last: number; before: number | null; dayUs: number } | null;
}
export type Pasts = ReadonlyMap<string, Past>;

export interface ListedPrice {
  last: number | null;
  asOf: AsOf | null;
  /** Over the last day; null where there is no such figure. */
  change: number | null;
  /** Why there is none. */
  noChange: string | undefined;
  /** Over the last day; null where nothing was traded in it. */
  volume: number | null;
  /** Prices of the last day, oldest first. */
  trail: readonly number[];
}

/** Fewer bars than this are no way of a price. */
const FEWEST_BARS = 3;
const DAY_MS = 86_400_000;

/**
 * What the list, the column beside a page and the page's header say of a price: the `live` one of the page where there is
 * one, else that of trades, else of imported bars. What is older than a day has no figures of the last day.
 */
export function listedPrice(
  listed: ListedSymbol,
  past: Past | undefined,
  live: LastPrice | null,
  nowMs: number,
): ListedPrice {
  const { price: last, asOf } = live ?? known(listed, past);
  if (last === null) return { last, asOf, ...NO_FIGURES, noChange: undefined };
  const isOld = live === null ? isListedOld(listed, past, asOf, nowMs) : hasNoDay(asOf, nowMs);
  if (isOld) return { last, asOf, ...NO_FIGURES, noChange: OLD_PRICE };
  const closes = (past?.bars ?? [])
    .filter(({ ts }) => ts / 1_000 >= nowMs - DAY_MS)
    .map(({ close }) => close);
  return {
    ...{ last, asOf },
    ...changeFrom(baseOf(listed, past), last),
    volume: listed.volume > 0 ? listed.volume : null,
    // A symbol without a past is drawn from when the page was opened.
    trail: closes.length < FEWEST_BARS ? listed.trail : [...closes, last],
  };
}

const NO_FIGURES = { change: null, volume: null, trail: [] } as const;

function known(listed: ListedSymbol, past: Past | undefined) {
  const { last: price, last_event: ts } = listed;
  const imported = price === null ? (past?.imported ?? null) : null;
  if (imported !== null) {
    return { price: imported.last, asOf: { kind: "day", ts: imported.dayUs } as const };
  }
  return { price, asOf: ts === null ? null : ({ kind: "moment", ts } as const) };
}

function hasNoDay(asOf: AsOf | null, nowMs: number): boolean {
  return asOf !== null && isOverADay(asOf, nowMs);
}

/** The list tells of the last event, which may be a metric's: a day without bars and no move since has no trade either. */
function isListedOld(
  { last, moves }: ListedSymbol,
  past: Past | undefined,
  asOf: AsOf | null,
  nowMs: number,
): boolean {
  if (hasNoDay(asOf, nowMs)) return true;
  return last !== null && moves === 0 && past?.imported === null && past.bars.length === 0;
}

type Base = { kind: "price"; price: number } | { kind: "none"; why: string };

/** The price of a day before. */
function baseOf({ last, change }: ListedSymbol, past: Past | undefined): Base {
  if (last === null) {
    const before = past?.imported?.before ?? null;
    return before === null ? { kind: "none", why: NO_BASE } : { kind: "price", price: before };
  }
  if (change === null) return { kind: "none", why: NOT_POSITIVE };
  return { kind: "price", price: last / (1 + change) };
}

function changeFrom(base: Base, price: number): Pick<ListedPrice, "change" | "noChange"> {
  if (base.kind === "none") return { change: null, noChange: base.why };
  const change = changeOf(base.price, price);
  return { change, noChange: change === null ? NOT_POSITIVE : undefined };
}
