import { INTERVAL_SECONDS } from "../../../src/protocol/words/interval.ts";
import { changeOf, NO_BASE, NOT_POSITIVE, OLD_PRICE } from "../words/change.ts";
import { type AsOf, isOverADay, type LastPrice } from "./last-price.ts";
import type { ListedSymbol } from "./symbol-list.ts";

/** What the bars of a symbol tell the list. */
export interface Past {
  /** Bars of the day before the list was opened, or the newest days that were imported; oldest first. */
  bars: readonly { ts: number; close: number }[];
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
  /** Prices of the last day, oldest first; none before the page has the history of the day. */
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
  const { price: last, asOf } = live ?? known(listed);
  if (last === null) return { last, asOf, ...NO_FIGURES, noChange: undefined };
  if (asOf !== null && isOverADay(asOf, nowMs))
    return { last, asOf, ...NO_FIGURES, noChange: OLD_PRICE };
  const closes = (past?.bars ?? [])
    .filter(({ ts }) => ts / 1_000 >= nowMs - DAY_MS)
    .map(({ close }) => close);
  return {
    ...{ last, asOf },
    ...changeSaid(listed, last),
    volume: listed.volume > 0 ? listed.volume : null,
    trail: past === undefined ? [] : wayOf(closes, listed.trail, last),
  };
}

/**
 * The way of a price. The looks of the page alone are the last seconds, and no day: they only fill
 * up the bars of a symbol that has few of them.
 */
function wayOf(closes: readonly number[], looks: readonly number[], last: number) {
  return closes.length < FEWEST_BARS ? [...closes, ...looks] : [...closes, last];
}

const NO_FIGURES = { change: null, volume: null, trail: [] } as const;

function known({ last, last_ts: ts, last_interval: interval, last_event: event }: ListedSymbol): {
  price: number | null;
  asOf: AsOf | null;
} {
  if (interval === undefined || ts === null) {
    // Without a price the list tells from when the newest of anything is.
    const moment = last === null ? event : ts;
    return { price: last, asOf: moment === null ? null : { kind: "moment", ts: moment } };
  }
  // An imported bar: a day is told by its date, and a shorter one by where it begins.
  if (interval === "1d") return { price: last, asOf: { kind: "day", ts } };
  return { price: last, asOf: { kind: "bar", ts, endTs: ts + INTERVAL_SECONDS[interval] * 1e6 } };
}

type Base = { kind: "price"; price: number } | { kind: "none"; why: string };

/** The change of the list's own price is the one that the list has; that of a newer price is told from the price of a day before. */
function changeSaid(listed: ListedSymbol, price: number): Pick<ListedPrice, "change" | "noChange"> {
  const { last, change } = listed;
  if (price === last && change !== null) return { change, noChange: undefined };
  return changeFrom(baseOf(listed), price);
}

/** The price of a day before. */
function baseOf({ last, change, change_reason: reason }: ListedSymbol): Base {
  if (last === null || reason === "no_base") return { kind: "none", why: NO_BASE };
  if (change === null) return { kind: "none", why: NOT_POSITIVE };
  // From a price that has come to nothing no other is told, until the list is asked anew.
  if (change === -1) return { kind: "none", why: NO_BASE };
  return { kind: "price", price: last / (1 + change) };
}

function changeFrom(base: Base, price: number): Pick<ListedPrice, "change" | "noChange"> {
  if (base.kind === "none") return { change: null, noChange: base.why };
  const change = changeOf(base.price, price);
  return { change, noChange: change === null ? NOT_POSITIVE : undefined };
}
