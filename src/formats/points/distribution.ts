import type { Series } from "../../core/events/series.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { type Points, valueFault } from "./points.ts";
import { partOf } from "./series-draft.ts";

/** Most buckets of one histogram: those of today's libraries have 160, or 320 where numbers go both ways. */
export const MOST_BUCKETS = 1_000;

/** A histogram at a moment, with whatever buckets it came. */
export interface Distribution {
  count: number;
  sum?: number | undefined;
  min?: number | undefined;
  max?: number | undefined;
  /** Each finite upper bound, going up, with the count of all that is not above it. */
  buckets: readonly (readonly [bound: number, below: number])[];
}

/**
 * Adds a histogram as the series that a classic one of Prometheus has: `_count`, `_sum`, `_bucket` with `le`, and `_min` and `_max`
 * where they are known. All of it, or nothing and why.
 */
export function addDistribution(
  points: Points,
  series: Series,
  ts: EpochUs,
  { count, sum, min, max, buckets }: Distribution,
): string | null {
  const parts: [Series | string, number][] = [[partOf(series, "_count"), count]];
  if (sum !== undefined) parts.push([partOf(series, "_sum"), sum]);
  if (min !== undefined) parts.push([partOf(series, "_min"), min]);
  if (max !== undefined) parts.push([partOf(series, "_max"), max]);
  for (const [bound, below] of buckets) {
    parts.push([partOf(series, "_bucket", ["le", String(bound)]), below]);
  }
  if (buckets.length > 0) parts.push([partOf(series, "_bucket", ["le", "+Inf"]), count]);
  for (const [part, value] of parts) {
    if (typeof part === "string") return part;
    const fault = valueFault(value);
    if (fault !== null) return `has a ${part.metric.slice(series.metric.length + 1)} that ${fault}`;
  }
  points.addGroup(parts as [Series, number][], ts);
  return null;
}

/** Counts of buckets that do not overlap, one a bound and one above the last, as counts of all below each bound. */
export function buckets(
  bounds: readonly number[],
  counts: readonly number[],
): Distribution["buckets"] | string {
  if (counts.length === 0) return [];
  if (counts.length !== bounds.length + 1) return "has not one bucket more than bounds";
  let below = 0;
  const found: [number, number][] = [];
  for (const [at, bound] of bounds.entries()) {
    below += counts[at] as number;
    if (!Number.isFinite(bound)) continue;
    if (found.length > 0 && bound <= (found.at(-1) as [number, number])[0]) {
      return "has bounds of buckets that do not go up";
    }
    found.push([bound, below]);
  }
  return found;
}

/** Counts of exponential buckets by their index: that of index 1 is above 1. */
export interface ExponentialSide {
  indexes: readonly number[];
  counts: readonly number[];
}

export interface Exponential {
  /** Bounds are powers of 2^(2^-scale). */
  scale: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: ExponentialSide;
  negative: ExponentialSide;
}

/** Bases from 2^1024, with which there are three buckets in all, down to one that has a million of them between 1 and 2. */
const [LEAST_SCALE, MOST_SCALE] = [-10, 20];

/**
 * The buckets that hold something, each with its lower bound, so that a quantile is looked for in no more than it. The bucket of
 * index i ends at base^i.
 */
export function exponentialBuckets({
  scale,
  zeroThreshold,
  zeroCount,
  positive,
  negative,
}: Exponential): Distribution["buckets"] | string {
  if (scale < LEAST_SCALE || scale > MOST_SCALE)
    return `has a scale that is none of ${LEAST_SCALE} to ${MOST_SCALE}`;
  const bound = (index: number) => 2 ** (index * 2 ** -scale);
  const found: [number, number][] = [];
  let below = 0;
  const tell = (at: number) => {
    const last = found.at(-1);
    if (last !== undefined && at <= last[0]) last[1] = below;
    else if (Number.isFinite(at)) found.push([at, below]);
  };
  const add = (lower: number, upper: number, count: number) => {
    if (count === 0) return;
    tell(lower);
    below += count;
    tell(upper);
  };
  for (let at = negative.counts.length - 1; at >= 0; at -= 1) {
    const index = negative.indexes[at] as number;
    add(-bound(index), -bound(index - 1), negative.counts[at] as number);
  }
  if (zeroCount !== 0) add(-zeroThreshold, zeroThreshold, zeroCount);
  for (const [at, count] of positive.counts.entries()) {
    const index = positive.indexes[at] as number;
    add(bound(index - 1), bound(index), count);
  }
  return found;
}
