/**
 * What a series can say of the points of a bucket. `first` and `last` are by time. `p50`, `p95` and `p99` are exact
 * percentiles, interpolated between the two nearest points. `rate` is the increase of a counter per second, null where
 * nothing can be compared (`src/db/series/series-sql.ts` has the definition). Free of the validator, as intervals are.
 */
export const AGGREGATES = [
  "avg",
  "min",
  "max",
  "sum",
  "count",
  "first",
  "last",
  "p50",
  "p95",
  "p99",
  "rate",
] as const;

export type Aggregate = (typeof AGGREGATES)[number];
