import type { Aggregate } from "../../protocol/words/aggregate.ts";
import type { Interval } from "../../protocol/words/interval.ts";
import { HOUR_US, MINUTE_US } from "../time/duration.ts";

/** Lengths of the buckets that trades are rolled up in. */
export type BarLength = "1m" | "1h" | "1d";

/**
 * What a query of buckets reads. `mixed`: hours that lie whole in a bucket, and minutes of those that the border between two
 * buckets cuts, which are at most as many as there are buckets.
 */
export type RollupChoice = "raw" | "minutes" | "hours" | "mixed";

/** Below this, a border would cut nearly every hour. */
const MIXED_FROM_US = 2 * HOUR_US;

/**
 * What a query of buckets of `stepUs` reads: the longest rollups of which such buckets can be put together, or raw points.
 * Percentiles cannot be put together from those of shorter buckets, and p50 and rates are not rolled up.
 */
export function chooseRollup(stepUs: number, aggregates: readonly Aggregate[]): RollupChoice {
  if (aggregates.some((name) => name === "p50" || name === "rate")) return "raw";
  const isPercentile = aggregates.some((name) => name === "p95" || name === "p99");
  const fits = (lengthUs: number) =>
    isPercentile ? stepUs === lengthUs : stepUs > 0 && stepUs % lengthUs === 0;
  if (fits(HOUR_US)) return "hours";
  if (!fits(MINUTE_US)) return "raw";
  return stepUs < MIXED_FROM_US ? "minutes" : "mixed";
}

/** Which kept bars those of an interval are made of; `raw`: of trades alone. */
export function chooseBars(interval: Interval): BarLength | "raw" {
  switch (interval) {
    case "1s":
    case "5s":
    case "15s":
      return "raw";
    case "1m":
    case "5m":
    case "15m":
      return "1m";
    case "1h":
    case "4h":
      return "1h";
    case "1d":
      return "1d";
  }
}
