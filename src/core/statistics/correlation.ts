import type { Correlation } from "../../protocol/answers/analytics.ts";
import { type BucketValues, commonBuckets, firstNotPositive } from "./bucket-values.ts";
import { meanOf } from "./moments.ts";
import { midRanks } from "./ranks.ts";
import { areConstant, logReturns } from "./returns.ts";

/** Two returns always lie on a line, so that they correlate by 1 or -1 whatever they are. */
export const FEWEST_OBSERVATIONS = 3;

/**
 * Product-moment correlation: sum((x - mx)(y - my)) / sqrt(sum((x - mx)^2) sum((y - my)^2)) (Pearson, Proceedings of the
 * Royal Society 58, 1895). Of columns of equal length that both vary. Spearman's is the same of their mid-ranks (Spearman,
 * American Journal of Psychology 15, 1904).
 */
export function pearson(x: readonly number[], y: readonly number[]): number {
  const meanX = meanOf(x);
  const meanY = meanOf(y);
  let together = 0;
  let ofX = 0;
  let ofY = 0;
  for (let at = 0; at < x.length; at += 1) {
    const dx = (x[at] as number) - meanX;
    const dy = (y[at] as number) - meanY;
    together += dx * dy;
    ofX += dx * dx;
    ofY += dy * dy;
  }
  // Rounding can lead a little beyond the bounds.
  return Math.max(-1, Math.min(1, together / (Math.sqrt(ofX) * Math.sqrt(ofY))));
}

/** What the correlations of one column need, made once for all pairs that look at the same buckets. */
interface Column {
  buckets: BucketValues;
  notPositiveAt: number;
  returns: number[];
  isConstant: boolean;
  ranks: number[];
}

function columnOf(buckets: BucketValues): Column {
  const notPositiveAt = firstNotPositive(buckets.values);
  const returns = notPositiveAt < 0 ? logReturns(buckets.values) : [];
  return {
    ...{ buckets, notPositiveAt, returns },
    ...{ isConstant: areConstant(returns), ranks: midRanks(returns) },
  };
}

/** One correlation, and which two of the columns it is of. */
export interface PlacedCorrelation {
  a: number;
  b: number;
  correlation: Correlation;
}

/**
 * Pearson's and Spearman's correlation of log returns for every pair of columns. A pair is looked at in the buckets that
 * both have: each return goes from one such bucket to the next, over the same time for both, however many buckets that
 * one of them lacks lie between. So the pairs of one answer may rest on different buckets.
 */
export function correlatePairs(all: readonly BucketValues[]): PlacedCorrelation[] {
  const columns = all.map(columnOf);
  return columns.flatMap((columnA, a) =>
    columns.slice(a + 1).map((columnB, at) => ({
      ...{ a, b: a + 1 + at },
      correlation: correlate(...alignedColumns(columnA, columnB)),
    })),
  );
}

function alignedColumns(a: Column, b: Column): [Column, Column] {
  const isSame =
    a.buckets.ts.length === b.buckets.ts.length &&
    a.buckets.ts.every((bucketUs, at) => bucketUs === b.buckets.ts[at]);
  if (isSame) return [a, b];
  const [ofA, ofB] = commonBuckets(a.buckets, b.buckets);
  const count = ofA.ts.length;
  return [
    count === a.buckets.ts.length ? a : columnOf(ofA),
    count === b.buckets.ts.length ? b : columnOf(ofB),
  ];
}

/** The correlation of two columns of the same buckets. */
function correlate(a: Column, b: Column): Correlation {
  const observations = Math.max(0, a.buckets.ts.length - 1);
  const sidesWhere = (holds: (column: Column) => boolean) => [
    ...(holds(a) ? (["a"] as const) : []),
    ...(holds(b) ? (["b"] as const) : []),
  ];
  if (observations < FEWEST_OBSERVATIONS) {
    return { kind: "too_little_data", observations, needed: FEWEST_OBSERVATIONS };
  }
  const notPositive = sidesWhere(({ notPositiveAt }) => notPositiveAt >= 0);
  if (notPositive.length > 0) {
    const places = [a.notPositiveAt, b.notPositiveAt].filter((place) => place >= 0);
    const ts = a.buckets.ts[Math.min(...places)] as (typeof a.buckets.ts)[number];
    return { kind: "not_positive", observations, not_positive: notPositive, ts };
  }
  const constant = sidesWhere(({ isConstant }) => isConstant);
  if (constant.length > 0) return { kind: "constant", observations, constant };
  return {
    ...{ kind: "ok", observations },
    ...{ pearson: pearson(a.returns, b.returns), spearman: pearson(a.ranks, b.ranks) },
  };
}
