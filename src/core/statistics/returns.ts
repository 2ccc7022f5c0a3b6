/** Returns differ by so little where only the rounding of the division differs: some units in the last place of 1. */
export const ROUNDING = 8 * Number.EPSILON;

/**
 * Log returns ln(v[t] / v[t-1]) of positive values, one fewer than there are values. They add up over time and are the
 * same up and down, which is why correlations are made of them (Campbell, Lo, MacKinlay, The Econometrics of Financial
 * Markets, 1997, section 1.4).
 */
export function logReturns(values: readonly number[]): number[] {
  return values.slice(1).map((value, at) => {
    const before = values[at] as number;
    const ratio = value / before;
    // A ratio beyond the doubles still has a logarithm.
    const isNumber = ratio > 0 && Number.isFinite(ratio);
    return isNumber ? Math.log(ratio) : Math.log(value) - Math.log(before);
  });
}

/**
 * Simple returns v[t] / v[t-1] - 1 of positive values, one fewer than there are values. They are what a holder earns, and
 * those of a portfolio are the weighted sum of its parts' (Campbell, Lo, MacKinlay, as above).
 */
export function simpleReturns(values: readonly number[]): number[] {
  return values.slice(1).map((value, at) => {
    const before = values[at] as number;
    return (value - before) / before;
  });
}

/** True where returns differ by no more than rounding does, so that they have no variance: one value, or none, too. */
export function areConstant(returns: readonly number[]): boolean {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of returns) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  const size = Math.max(1, Math.abs(lowest), Math.abs(highest));
  if (!Number.isFinite(size)) return returns.length === 0;
  return highest - lowest <= ROUNDING * size;
}
