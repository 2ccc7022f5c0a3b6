import type { Risk } from "../../protocol/answers/analytics.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { type BucketValues, firstNotPositive } from "./bucket-values.ts";
import { maxDrawdown } from "./drawdown.ts";
import { figureOf, noFigure } from "./figure.ts";
import { type Moments, momentsOf } from "./moments.ts";
import {
  annualisedReturn,
  calmarRatio,
  ratePerPeriod,
  sharpeRatio,
  sortinoRatio,
} from "./performance.ts";
import { areConstant, simpleReturns } from "./returns.ts";
import { tailRisk } from "./value-at-risk.ts";

/** The fewest returns that can be skewed. */
export const FEWEST_RETURNS = 3;
const LEVELS = [0.95, 0.99];

export interface RiskTerms {
  /** A year's rate: 0.04 is 4 %. */
  riskFree: number;
  /** How many returns make a year. */
  periodsPerYear: number;
}

/**
 * Return and risk of a line of values. Each value's return is from the one before it, also where buckets between them are
 * empty; a year is so many returns, not so much time, as periods without trading are no periods of risk.
 */
export function analyseRisk(line: BucketValues, { riskFree, periodsPerYear }: RiskTerms): Risk {
  const { ts, values } = line;
  const observations = Math.max(0, values.length - 1);
  if (observations < FEWEST_RETURNS) {
    return { kind: "too_little_data", observations, needed: FEWEST_RETURNS };
  }
  const notPositiveAt = firstNotPositive(values);
  if (notPositiveAt >= 0) {
    return { kind: "not_positive", observations, ts: ts[notPositiveAt] as EpochUs };
  }
  const returns = simpleReturns(values);
  const moments = momentsWithoutRounding(returns);
  const growth = (values.at(-1) as number) / (values[0] as number);
  const annualised = annualisedReturn(growth, observations, periodsPerYear);
  const drawdown = maxDrawdown(line);
  const rate = ratePerPeriod(riskFree, periodsPerYear);
  const shape = (value: number) =>
    moments.deviation === 0 ? noFigure("zero_volatility") : figureOf(value);
  const sorted = returns.toSorted((a, b) => a - b);
  return {
    ...{ kind: "ok", observations, first: ts[0] as EpochUs, last: ts.at(-1) as EpochUs },
    total_return: figureOf(growth - 1),
    annualised_return: annualised,
    // By the root of time, as the ratios (Lo 2002).
    volatility: figureOf(moments.deviation * Math.sqrt(periodsPerYear)),
    sharpe: sharpeRatio(moments, rate, periodsPerYear),
    sortino: sortinoRatio(returns, rate, periodsPerYear),
    calmar: calmarRatio(annualised, drawdown),
    max_drawdown: drawdown,
    skewness: shape(moments.skewness),
    excess_kurtosis: shape(moments.excessKurtosis),
    tails: LEVELS.map((level) => tailRisk(sorted, moments, level)),
  };
}

/** The moments, with a deviation of 0 and not of some digits of rounding where the returns are constant. */
function momentsWithoutRounding(returns: readonly number[]): Moments {
  const moments = momentsOf(returns);
  return areConstant(returns) ? { ...moments, deviation: 0 } : moments;
}
