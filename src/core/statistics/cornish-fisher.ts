import { normalDensity, normalQuantile } from "./normal.ts";

/** Skewness and excess kurtosis, as parameters of the expansion. */
export interface Shape {
  skewness: number;
  excessKurtosis: number;
}

/**
 * The Cornish-Fisher expansion of a quantile of a distribution with mean 0 and deviation 1, z being that of the normal
 * distribution: z + (z^2 - 1) S / 6 + (z^3 - 3z) K / 24 - (2z^3 - 5z) S^2 / 36 (Cornish and Fisher, Review of the
 * International Statistical Institute 5, 1938; for value at risk Favre and Galeano, Journal of Alternative Investments 5,
 * 2002). S and K are the sample's own, as there; that they are only near those of the expanded distribution is Maillard's
 * remark (below).
 */
export function cornishFisherQuantile(p: number, { skewness: s, excessKurtosis: k }: Shape) {
  const z = normalQuantile(p);
  const cube = z ** 3;
  return (
    z + ((z ** 2 - 1) * s) / 6 + ((cube - 3 * z) * k) / 24 - ((2 * cube - 5 * z) * s ** 2) / 36
  );
}

/**
 * Mean of that distribution below its quantile of p: the integral of the expansion times the normal density up to z, over
 * p, which is -density(z) / p * (1 + z S / 6 + (z^2 - 1) K / 24 - (2z^2 - 1) S^2 / 36) (Maillard, A user's guide to the
 * Cornish Fisher expansion, 2012).
 */
export function cornishFisherTailMean(p: number, { skewness: s, excessKurtosis: k }: Shape) {
  const z = normalQuantile(p);
  const square = z ** 2;
  const bend = 1 + (z * s) / 6 + ((square - 1) * k) / 24 - ((2 * square - 1) * s ** 2) / 36;
  return (-normalDensity(z) / p) * bend;
}

/**
 * True where the expansion grows with z everywhere, and so orders its quantiles: its derivative
 * (K/8 - S^2/6) z^2 + (S/3) z + 1 - K/8 + 5 S^2/36 is never negative where S^2/9 <= 4 (K/8 - S^2/6) (1 - K/8 + 5 S^2/36)
 * and K/8 >= S^2/6 (Maillard 2012; excess kurtosis up to 8 with no skewness, and no skewness beyond 6 (sqrt 2 - 1)).
 */
export function cornishFisherHolds({ skewness: s, excessKurtosis: k }: Shape): boolean {
  const leading = k / 8 - s ** 2 / 6;
  const constant = 1 - k / 8 + (5 * s ** 2) / 36;
  return leading >= 0 && s ** 2 / 9 <= 4 * leading * constant;
}
