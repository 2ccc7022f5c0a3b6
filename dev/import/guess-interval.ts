import {
  POSTED_INTERVAL_SECONDS,
  type PostedInterval,
} from "../../src/protocol/events/bar-push.ts";
import { type BarRecord, onlyPriceOf, timeOf } from "./bar-record.ts";
import { readFileTime } from "./read-time.ts";

/** The first rows tell: a file of minutes has two neighbouring minutes among so many. */
export const GUESS_ROWS = 10_000;

export type IntervalGuess =
  | { kind: "interval"; interval: PostedInterval }
  | { kind: "unknown"; why: string };

/**
 * By the smallest distance between two rows of one symbol that follow each other. Single prices of days are bars of those days,
 * however far they are apart; a week of open, high, low and close is no bar of a day.
 */
export function guessInterval(records: readonly BarRecord[]): IntervalGuess {
  const last = new Map<unknown, number>();
  let smallestUs = Number.POSITIVE_INFINITY;
  for (const record of records) {
    // By the clock on the wall: where it is put forward, two days of a file are 23 hours apart.
    const us = readFileTime(timeOf(record).text)?.wallUs;
    if (us === undefined) continue;
    const before = last.get(record["symbol"]);
    if (before !== undefined && before !== us) {
      smallestUs = Math.min(smallestUs, Math.abs(us - before));
    }
    last.set(record["symbol"], us);
  }
  for (const [interval, seconds] of Object.entries(POSTED_INTERVAL_SECONDS)) {
    if (smallestUs === seconds * 1e6) {
      return { kind: "interval", interval: interval as PostedInterval };
    }
  }
  const areDays = smallestUs % (POSTED_INTERVAL_SECONDS["1d"] * 1e6) === 0;
  if (areDays && records.every((record) => onlyPriceOf(Object.keys(record)) !== undefined)) {
    return { kind: "interval", interval: "1d" };
  }
  const why =
    smallestUs === Number.POSITIVE_INFINITY
      ? "no two rows tell how long a bar is"
      : `the nearest rows are ${lengthWords(smallestUs / 1e6)} apart, and bars are 1m, 1h or 1d`;
  return { kind: "unknown", why };
}

function lengthWords(seconds: number): string {
  for (const [name, size] of [
    ["days", 86_400],
    ["hours", 3_600],
    ["minutes", 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size} ${name}`;
  }
  return `${seconds} seconds`;
}
