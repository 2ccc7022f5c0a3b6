import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../../src/protocol/words/interval.ts";
import { timeText, type ZoneId } from "../times/times.ts";

/**
 * From when a number is: a moment, a day as markets count them (UTC midnight), or some moment of the
 * bar that begins at `ts`. In microseconds.
 */
export type AsOf =
  | { kind: "moment" | "day"; ts: number }
  | { kind: "bar"; ts: number; endTs: number };

/** The one last price of a symbol, which everything on its page shows. */
export interface LastPrice {
  price: number;
  asOf: AsOf;
}

/** A bar and its length. */
export interface TimedBar {
  bar: Pick<Bar, "ts" | "close">;
  interval: Interval;
}

/**
 * The close of the newest bar, which has every trade in it, and when that was: the moment of the `latest` trade where the
 * page has seen it, else the bar, or the newest `minute` where that is known and says it better.
 * Null without any bar.
 */
export function lastPrice(
  newest: TimedBar | null,
  latest: { ts: number } | null,
  minute: Pick<Bar, "ts"> | null,
): LastPrice | null {
  if (newest === null) return null;
  const { bar, interval } = newest;
  const endUs = bar.ts + INTERVAL_SECONDS[interval] * 1e6;
  const price = bar.close;
  if (latest !== null && latest.ts >= bar.ts) return { price, asOf: moment(latest.ts) };
  if (minute !== null && minute.ts >= bar.ts && minute.ts < endUs) {
    return {
      price,
      asOf: { kind: "bar", ts: minute.ts, endTs: Math.min(minute.ts + 60e6, endUs) },
    };
  }
  if (interval === "1d") return { price, asOf: { kind: "day", ts: bar.ts } };
  return { price, asOf: { kind: "bar", ts: bar.ts, endTs: endUs } };
}

/**
 * The price as of its own trade: a page that was opened after the trade has only the bar, and the
 * list has the moment of the `listed` symbol's last trade.
 */
export function asOfTrade(
  last: LastPrice | null,
  listed: { last_ts: number | null; last_interval?: unknown } | undefined,
): LastPrice | null {
  if (last?.asOf.kind !== "bar" || listed?.last_interval !== undefined) return last;
  const { ts, endTs } = last.asOf;
  const tradeUs = listed?.last_ts ?? null;
  if (tradeUs === null || tradeUs < ts || tradeUs >= endTs) return last;
  return { ...last, asOf: moment(tradeUs) };
}

function moment(ts: number): AsOf {
  return { kind: "moment", ts };
}

/** A number older than this is not what happens now, and says from when it is. */
const FRESH_MS = 60_000;
const DAY_MS = 86_400_000;

export function isStale(asOf: AsOf, nowMs: number): boolean {
  return nowMs - endMsOf(asOf) > FRESH_MS;
}

/** Whether a number says nothing of the last day. */
export function isOverADay(asOf: AsOf, nowMs: number): boolean {
  return nowMs - endMsOf(asOf) > DAY_MS;
}

export function endMsOf(asOf: AsOf): number {
  if (asOf.kind === "bar") return asOf.endTs / 1_000;
  return asOf.ts / 1_000 + (asOf.kind === "day" ? DAY_MS : 0);
}

/** "as of 14:03:22", or "bar of 14:03:00" by where it begins; see `whenWords`. */
export function asOfWords(asOf: AsOf, nowMs: number, zone: ZoneId): string {
  return `${asOf.kind === "bar" ? "bar" : "as"} of ${whenWords(asOf, nowMs, zone)}`;
}

/** "14:03:22", with the date where it is half a day ago or more. */
export function whenWords({ kind, ts }: AsOf, nowMs: number, zone: ZoneId): string {
  const ms = ts / 1_000;
  if (kind === "day") return timeText("date", ms, "UTC");
  return timeText(Math.abs(nowMs - ms) < DAY_MS / 2 ? "clock" : "dateMinute", ms, zone);
}
