import type { Bar } from "../../protocol/events/bar.ts";
import { POSTED_INTERVAL_SECONDS, type PostedInterval } from "../../protocol/events/bar-push.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { floorUs, MINUTE_US } from "../time/duration.ts";

/** A bar that was posted; `bar.ts` is the start of a bucket of the interval. */
export interface ImportedBar {
  symbol: SymbolName;
  interval: PostedInterval;
  bar: Bar;
}

/** So far a producer's clock may be ahead: whoever posts a minute when it is over must not be refused for that. */
const CLOCKS_APART_US = MINUTE_US;

/** Is the bucket that begins at `ts` over? */
export function isOver(interval: PostedInterval, ts: EpochUs, nowUs: EpochUs): boolean {
  return ts + POSTED_INTERVAL_SECONDS[interval] * 1_000_000 <= nowUs + CLOCKS_APART_US;
}

/**
 * Why no bar of this interval can begin at `ts`, or null where one can. Buckets begin `offsetUs` after the multiples of their
 * length since the epoch.
 */
export function refuseBucket(
  interval: PostedInterval,
  ts: EpochUs,
  nowUs: EpochUs,
  offsetUs = 0,
): string | null {
  const lengthUs = POSTED_INTERVAL_SECONDS[interval] * 1_000_000;
  const startUs = floorUs(ts - offsetUs, lengthUs) + offsetUs;
  if (startUs !== ts) {
    const [what, hint] =
      offsetUs === 0
        ? [interval, "; where buckets begin elsewhere, say so with offset"]
        : [`${interval} with offset ${offsetWords(offsetUs)}`, ""];
    return `is not where a bucket of ${what} begins, in UTC: ${isoOf(startUs)} is, and then ${isoOf(startUs + lengthUs)}${interval === "1m" ? "" : hint}`;
  }
  if (!isOver(interval, ts, nowUs)) {
    return `begins a bucket that is not over before ${isoOf(startUs + lengthUs)}: post it then; what is under way is made of trades`;
  }
  return null;
}

/** `30m`, `13h` or `13h30m`. */
export function offsetWords(offsetUs: number): string {
  const minutes = offsetUs / MINUTE_US;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `${hours > 0 ? `${hours}h` : ""}${rest > 0 || hours === 0 ? `${rest}m` : ""}`;
}

/** Without the milliseconds, which no border has. */
function isoOf(us: number): string {
  return new Date(us / 1_000).toISOString().replace(".000Z", "Z");
}
