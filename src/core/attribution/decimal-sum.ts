import { type Decimal, decimalOf } from "./decimal.ts";

/** Values that were added up as doubles. */
export interface DoubleSum {
  sum: number;
  count: number;
  min: number;
  max: number;
}

/** Half the distance from 1 to the next double, which one addition may be off by. */
const ROUNDING = 2 ** -53;

/**
 * The sum of the decimals that a producer wrote, from that of their doubles: 1.005 three times adds up to 3.0149999999999997 there and
 * is 3.015. Digits below what so many additions are off by, as a rule (their errors grow with the root of the count), are rounding and
 * no part of it; decimals of more digits than are left lose those. A sum that is no finite number is more than any amount.
 */
export function decimalOfSum(sum: DoubleSum): Decimal {
  return decimalOf(Number.isFinite(sum.sum) ? numberOfSum(sum) : Number.MAX_VALUE);
}

/** The same as the nearest double; a sum that is no finite number stays one. */
export function numberOfSum({ sum, count, min, max }: DoubleSum): number {
  if (Number.isInteger(sum) || !Number.isFinite(sum)) return sum;
  const largest = Math.max(Math.abs(sum), Math.abs(min), Math.abs(max));
  const throughout = min < 0 && max > 0 ? count * Math.max(-min, max) : largest;
  const error = ROUNDING * throughout * (4 + 2 * Math.sqrt(count));
  const decimals = Math.floor(-Math.log10(2 * error));
  // toFixed writes at most 100 decimals, and of a large number exactly those before the point.
  return decimals >= 0 && decimals <= 100 ? Number(sum.toFixed(decimals)) : sum;
}
