/** Arithmetic mean of at least one value. */
export function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

export interface Moments {
  mean: number;
  /** Sample standard deviation, with n - 1 (Bessel's correction). */
  deviation: number;
  /** g1 = m3 / m2^1.5 of the central moments with n (Joanes and Gill, The Statistician 47, 1998). */
  skewness: number;
  /** g2 = m4 / m2^2 - 3, of the same source: 0 for a normal distribution. */
  excessKurtosis: number;
}

/** Moments of at least two values; NaN where they have no meaning (all values equal) or are beyond the doubles. */
export function momentsOf(values: readonly number[]): Moments {
  const mean = meanOf(values);
  const variance = meanOf(values.map((value) => (value - mean) ** 2));
  // An infinite one would make honest zeros of what is divided by it.
  const squares = Number.isFinite(variance) ? variance : Number.NaN;
  const standardised = values.map((value) => (value - mean) / Math.sqrt(squares));
  return {
    mean,
    deviation: Math.sqrt((squares * values.length) / (values.length - 1)),
    skewness: meanOf(standardised.map((value) => value ** 3)),
    excessKurtosis: meanOf(standardised.map((value) => value ** 4)) - 3,
  };
}
