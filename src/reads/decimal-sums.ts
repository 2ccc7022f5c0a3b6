import { numberOfSum } from "../core/attribution/decimal-sum.ts";
import type { SeriesColumns } from "../protocol/answers/answers.ts";
import type { Aggregate } from "../protocol/words/aggregate.ts";

/** What tells how far a sum of doubles may be off. */
const PARTS_OF_SUM = ["count", "min", "max"] as const;

export function withPartsOfSum(aggregates: readonly Aggregate[]): Aggregate[] {
  return [...new Set([...aggregates, ...(aggregates.includes("sum") ? PARTS_OF_SUM : [])])];
}

/** The series with the sums of the decimals that were pushed, without what nobody asked for. */
export function withDecimalSum(
  series: SeriesColumns,
  aggregates: readonly Aggregate[],
): SeriesColumns {
  const { sum, count = [], min = [], max = [] } = series;
  if (sum === undefined || !aggregates.includes("sum")) return series;
  const decimal = sum.map((one, at) =>
    numberOfSum({
      ...{ sum: one, count: count[at] ?? 1 },
      ...{ min: min[at] ?? one, max: max[at] ?? one },
    }),
  );
  const whole = { ...series, sum: decimal };
  for (const name of PARTS_OF_SUM) if (!aggregates.includes(name)) delete whole[name];
  return whole;
}
