import type { Bar, Interval } from "../../src/protocol/bar.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/interval.ts";

/** From when a number is: a moment, or a day as markets count them (UTC midnight). In microseconds. */
export type AsOf = { kind: "moment" | "day"; ts: number };

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
 * page has seen it, else the end of the bar, or of the newest `minute` where that is known and says it better. Null
 * without any bar.
 */
export function lastPrice(
  newest: TimedBar | null,
  latest: { ts: number } | null,
  minute: Pick<Bar, "ts"> | null,
  nowUs: number,
): LastPrice | null {
  if (newest === null) return null;
  const { bar, interval } = newest;
  const endUs = bar.ts + INTERVAL_SECONDS[interval] * 1e6;
  const price = bar.close;
  if (latest !== null && latest.ts >= bar.ts) return { price, asOf: moment(latest.ts) };
  if (minute !== null && minute.ts >= bar.ts && minute.ts < endUs) {
    return { price, asOf: moment(Math.min(minute.ts + 60e6, endUs, nowUs)) };
  }
  if (interval === "1d") return { price, asOf: { kind: "day", ts: bar.ts } };
  return { price, asOf: moment(Math.min(endUs, nowUs)) };
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

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const DATE = { day: "numeric", month: "short", year: "numeric" } as const;
const MOMENT = new Intl.DateTimeFormat("en-GB", { ...DATE, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { ...DATE, timeZone: "UTC" });

/** Whether a number says nothing of the last day. */
export function isOverADay(asOf: AsOf, nowMs: number): boolean {
  return nowMs - endMsOf(asOf) > DAY_MS;
}

function endMsOf({ kind, ts }: AsOf): number {
  return ts / 1_000 + (kind === "day" ? DAY_MS : 0);
}

/** "as of 14:03:22", with the date where it is half a day ago or more. */
export function asOfWords(asOf: AsOf, nowMs: number): string {
  const ms = asOf.ts / 1_000;
  if (asOf.kind === "day") return `as of ${DAY.format(ms)}`;
  return `as of ${Math.abs(nowMs - ms) < DAY_MS / 2 ? CLOCK.format(ms) : MOMENT.format(ms)}`;
}
