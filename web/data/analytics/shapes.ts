import { type BucketValues, commonBuckets } from "../../../src/core/statistics/bucket-values.ts";
import { logReturns } from "../../../src/core/statistics/returns.ts";

/** A place in a square of 100 by 100, whose origin is above on the left. */
export type Place = readonly [x: number, y: number];

/** The returns of two symbols over the buckets that both have, as the server correlates them. */
export function pairedReturns(a: BucketValues, b: BucketValues): (readonly [number, number])[] {
  const [ofA, ofB] = commonBuckets(a, b);
  const returnsOfB = logReturns(ofB.values);
  return logReturns(ofA.values).map((value, at) => [value, returnsOfB[at] ?? 0]);
}

/** Pairs where they lie: the middle is (0, 0), and `reach`, the farthest return of each axis, is at its edge. */
export interface Scatter {
  reach: readonly [x: number, y: number];
  places: readonly Place[];
}

export function scatterOf(pairs: readonly (readonly [number, number])[]): Scatter {
  const farthest = (axis: 0 | 1) =>
    pairs.reduce((most, one) => Math.max(most, Math.abs(one[axis])), 0);
  const reach = [farthest(0), farthest(1)] as const;
  const [x, y] = reach.map((most) => most || 1) as [number, number];
  return { reach, places: pairs.map(([a, b]) => [50 + (a / x) * 50, 50 - (b / y) * 50]) };
}

/** How far below its highest so far each value is: 0 at a new height, -0.2 where a fifth is lost. */
export function drawdownsOf(values: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    highest = Math.max(highest, value);
    return (value - highest) / highest;
  });
}

/** From the least to the greatest of some numbers. */
export interface Extent {
  low: number;
  high: number;
}

export function extentOf(values: readonly number[]): Extent {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

/** How many values fall into each of equally wide bins from the least to the greatest. */
export interface Histogram extends Extent {
  counts: readonly number[];
}

/** Of values that are all one the only bin is as wide as nothing. */
export function histogramOf(values: readonly number[], bins: number): Histogram {
  const { low, high } = extentOf(values);
  const counts: number[] = Array(bins).fill(0);
  for (const value of values) {
    const bin = high > low ? Math.floor(((value - low) / (high - low)) * bins) : 0;
    const last = Math.min(bins - 1, bin);
    counts[last] = (counts[last] ?? 0) + 1;
  }
  return { low, high, counts };
}

/** A bar between two values, in percent of its axis. */
export interface Bar {
  leftPercent: number;
  widthPercent: number;
}

/** Bars from one value to another, side by side on one axis; of each what lies on it. */
export function barsOf(
  spans: readonly (readonly [from: number, to: number])[],
  { low, high }: Extent,
): Bar[] {
  const percentOf = (value: number) =>
    ((Math.min(high, Math.max(low, value)) - low) / (high - low || 1)) * 100;
  return spans.map(([from, to]) => {
    const [left, right] = [percentOf(Math.min(from, to)), percentOf(Math.max(from, to))];
    return { leftPercent: left, widthPercent: right - left };
  });
}
