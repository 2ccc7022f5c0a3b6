import type { AttributionAnswer } from "../../../src/protocol/answers/attribution.ts";
import { isStale, whenWords } from "../symbols/last-price.ts";
import type { ZoneId } from "../times/times.ts";
import { changeOf } from "../words/change.ts";
import { grouped } from "../words/digits.ts";
import {
  formatChange,
  formatGain,
  formatSpan,
  formatValue,
  formatVolume,
} from "../words/format.ts";
import type { OpenPositions, Trend } from "./desk-figures.ts";

/** One figure of the desk. */
export interface DeskCard {
  title: string;
  /** Null where there is none: `beside` says why, or what to push. */
  figure: string | null;
  beside: string;
  trail: readonly number[];
  /** Whose colour the card has; null: of none. */
  gain: number | null;
}

/** When a card is told, and by which clocks. */
export interface Now {
  nowMs: number;
  zone: ZoneId;
}

const DAY_US = 86_400e6;
/** The first value of a day is this near to its begin, or the day began later. */
const NEAR_US = 3_600e6;

/** The metrics of `_system` that cards are made of. */
export const DESK_METRICS = {
  value: "portfolio_value",
  orders: "orders_per_second",
  latency: "order_latency_ms",
} as const;

export function valueCard(trend: Trend, { nowMs, zone }: Now): DeskCard {
  const title = "Portfolio value, as pushed";
  const [first, last] = [trend.values[0], trend.values.at(-1)];
  if (first === undefined || last === undefined) return missing(title, DESK_METRICS.value);
  const change = changeOf(first, last);
  const beganUs = trend.ts[0] ?? 0;
  const isDay = beganUs <= nowMs * 1_000 - DAY_US + NEAR_US;
  const since = isDay ? "in 24 h" : `since ${pointWords(beganUs, { nowMs, zone })}`;
  const figure = Math.abs(last) < 1e9 ? grouped(last, Math.abs(last) < 1e4 ? 2 : 0) : null;
  return {
    ...{ title, figure: figure ?? formatVolume(last), trail: trend.values, gain: last - first },
    beside: `${change === null ? formatGain(last - first) : formatChange(change)} ${since}, of ${DESK_METRICS.value}`,
  };
}

export function ordersCard(trend: Trend, now: Now): DeskCard {
  const title = "Orders/s";
  const last = trend.values.at(-1);
  if (last === undefined) return missing(title, DESK_METRICS.orders);
  const most = formatValue(Math.max(...trend.values));
  return {
    ...{ title, figure: formatValue(last), trail: trend.values, gain: null },
    beside: asOf(trend, now) ?? `${most} at most in 1 h`,
  };
}

export function latencyCard(trend: Trend, now: Now): DeskCard {
  const title = "Order latency, p99";
  const last = trend.values.at(-1);
  if (last === undefined) return missing(title, DESK_METRICS.latency);
  return {
    ...{ title, figure: formatSpan(last * 1e3), trail: trend.values, gain: null },
    beside: asOf(trend, now) ?? "of the last minute",
  };
}

/** `trail`: how many were open at the looks so far. */
export function positionsCard(open: OpenPositions | null, trail: readonly number[]): DeskCard {
  const title = "Open positions";
  if (open === null) {
    return { ...{ title, figure: null, trail: [], gain: null }, beside: "Push to /api/positions" };
  }
  return {
    ...{ title, figure: grouped(open.long + open.short, 0), trail, gain: null },
    beside: `${open.long} long, ${open.short} short`,
  };
}

/** What positions have made of the day, and of which symbols that is not known. */
export interface DayGain {
  gain: number | null;
  without: readonly string[];
}

/** Cents are added as whole numbers. */
export function dayGain(answers: readonly Pick<AttributionAnswer, "by_symbol">[]): DayGain {
  let cents: number | null = null;
  const without: string[] = [];
  for (const { symbol, pnl } of answers.flatMap(({ by_symbol }) => by_symbol)) {
    if (pnl.kind === "ok") cents = (cents ?? 0) + Math.round(pnl.pnl * 100);
    else if (pnl.kind !== "no_position") without.push(symbol);
  }
  return { gain: cents === null ? null : cents / 100, without };
}

export function gainCard(day: DayGain, symbols: number, trail: readonly number[]): DeskCard {
  const title = "P&L of the day";
  const { gain, without } = day;
  const missed = without.length === 0 ? "" : `, without a price: ${without.slice(0, 3).join(", ")}`;
  const rest = without.length > 3 ? ` and ${without.length - 3} more` : "";
  return {
    ...{ title, figure: gain === null ? null : formatGain(gain), trail, gain },
    beside: `of positions in ${symbols === 1 ? "1 symbol" : `${symbols} symbols`}${missed}${rest}`,
  };
}

function missing(title: string, metric: string): DeskCard {
  const beside = `Push ${metric} without a symbol to /api/metrics`;
  return { title, figure: null, beside, trail: [], gain: null };
}

/** From when a figure is that is not of now. */
function asOf(trend: Trend, now: Now): string | null {
  const us = trend.ts.at(-1) ?? 0;
  // A point stands at the begin of its minute.
  const isOld = isStale({ kind: "moment", ts: us + 60e6 }, now.nowMs);
  return isOld ? `as of ${pointWords(us, now)}` : null;
}

function pointWords(us: number, { nowMs, zone }: Now): string {
  return whenWords({ kind: "moment", ts: us }, nowMs, zone);
}
