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

/** Each pair where it lies: the middle is (0, 0), and the farthest return of either axis is at its edge. */
export function scatterOf(pairs: readonly (readonly [number, number])[]): Place[] {
  const reach = (axis: 0 | 1) =>
    pairs.reduce((most, one) => Math.max(most, Math.abs(one[axis])), 0) || 1;
  const [ofX, ofY] = [reach(0), reach(1)];
  return pairs.map(([x, y]) => [50 + (x / ofX) * 50, 50 - (y / ofY) * 50]);
}

/** How far below its highest so far each value is: 0 at a new height, -0.2 where a fifth is lost. */
export function drawdownsOf(values: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    highest = Math.max(highest, value);
    return (value - highest) / highest;
  });
}

/** How many values fall into each of equally wide bins from the least to the greatest. */
export interface Histogram {
  low: number;
  high: number;
  counts: readonly number[];
}

/** Of values that are all one the only bin is as wide as nothing. */
export function histogramOf(values: readonly number[], bins: number): Histogram {
  const [low, high] = [smallest(values), -smallest(values.map((value) => -value))];
  const counts: number[] = Array(bins).fill(0);
  for (const value of values) {
    const bin = high > low ? Math.floor(((value - low) / (high - low)) * bins) : 0;
    const last = Math.min(bins - 1, bin);
    counts[last] = (counts[last] ?? 0) + 1;
  }
  return { low, high, counts };
}

/** A bar between two values on an axis that is as long as it must be, in percent of that axis. */
export interface Bar {
  leftPercent: number;
  widthPercent: number;
}

/** Bars from one value to another, side by side on one axis that has zero too. */
export function barsOf(spans: readonly (readonly [from: number, to: number])[]): Bar[] {
  const ends = [0, ...spans.flat()];
  const low = smallest(ends);
  const length = -smallest(ends.map((end) => -end)) - low || 1;
  return spans.map(([from, to]) => ({
    leftPercent: ((Math.min(from, to) - low) / length) * 100,
    widthPercent: (Math.abs(to - from) / length) * 100,
  }));
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
