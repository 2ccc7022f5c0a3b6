import type { Aggregate } from "../protocol/aggregate.ts";
import type { Interval } from "../protocol/interval.ts";
import { HOUR_US, MINUTE_US } from "./duration.ts";

/** Lengths of the buckets that points are rolled up in. */
export type RollupLength = "1m" | "1h";
/** The same of trades. */
export type BarLength = "1m" | "1h" | "1d";

export type RollupChoice = { kind: "raw" } | { kind: "rollup"; length: RollupLength };

/**
 * What a query of buckets of `stepUs` reads: the longest rollup of which the step is a multiple, or raw points. Percentiles
 * cannot be put together from those of shorter buckets, and p50 and rates are not rolled up.
 */
export function chooseRollup(stepUs: number, aggregates: readonly Aggregate[]): RollupChoice {
  if (aggregates.some((name) => name === "p50" || name === "rate")) return { kind: "raw" };
  const isPercentile = aggregates.some((name) => name === "p95" || name === "p99");
  const fits = (lengthUs: number) =>
    isPercentile ? stepUs === lengthUs : stepUs > 0 && stepUs % lengthUs === 0;
  if (fits(HOUR_US)) return { kind: "rollup", length: "1h" };
  if (fits(MINUTE_US)) return { kind: "rollup", length: "1m" };
  return { kind: "raw" };
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
