import { exponentOf } from "../data/words/digits.ts";

/**
 * The power of ten by which prices are given to the chart, which draws no steps below 1e-13, and loses count past 1e13: those
 * of usual size as they are, others as numbers from 100 to 1,000.
 */
export function shiftFor(largest: number): number {
  if (largest === 0 || (largest >= 1e-3 && largest < 1e9)) return 0;
  return 2 - exponentOf(largest);
}

/** A price as the chart is given it; with the opposite shift, the price of what the chart was given. */
export function shifted(price: number, shift: number): number {
  if (shift === 0) return price;
  // Two steps: a single power of ten may be beyond what a double holds.
  const half = Math.trunc(shift / 2);
  return price * 10 ** half * 10 ** (shift - half);
}
