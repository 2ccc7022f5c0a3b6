import type { Drawdown, Figure } from "../../protocol/answers/analytics.ts";
import { figureOf, noFigure } from "./figure.ts";
import { type Moments, meanOf } from "./moments.ts";
import { ROUNDING } from "./returns.ts";

/**
 * The rate of one period that compounds to the rate of a year: (1 + yearly)^(1 / periods) - 1. `Math.log1p` and its
 * inverse keep the digits of small rates.
 */
export function ratePerPeriod(yearly: number, periodsPerYear: number): number {
  return Math.expm1(Math.log1p(yearly) / periodsPerYear);
}

/** Geometric: growth^(periods a year / periods) - 1, what the same growth would make of a year (Bacon, Practical
 * Portfolio Performance Measurement and Attribution, 2008, chapter 2). */
export function annualisedReturn(growth: number, periods: number, periodsPerYear: number): Figure {
  return figureOf(growth ** (periodsPerYear / periods) - 1);
}

/**
 * Mean excess return over the deviation of the excess, by the root of the periods a year (Sharpe, The Sharpe ratio, Journal
 * of Portfolio Management 21, 1994; the root holds for returns independent of each other: Lo, Financial Analysts Journal
 * 58, 2002). The rate is constant, so the deviation is that of the returns.
 */
export function sharpeRatio(
  { mean, deviation }: Moments,
  ratePerPeriod: number,
  periodsPerYear: number,
): Figure {
  if (deviation === 0) return noFigure("zero_volatility");
  return figureOf(((mean - ratePerPeriod) / deviation) * Math.sqrt(periodsPerYear));
}

/**
 * Mean excess return over the downside deviation sqrt(mean(min(r - rate, 0)^2)), which counts every period, by the root of
 * the periods a year (Sortino and Price, Performance measurement in a downside risk framework, Journal of Investing 3, 1994).
 */
export function sortinoRatio(
  returns: readonly number[],
  ratePerPeriod: number,
  periodsPerYear: number,
): Figure {
  const excess = returns.map((value) => value - ratePerPeriod);
  const downside = Math.sqrt(meanOf(excess.map((value) => Math.min(value, 0) ** 2)));
  if (downside <= ROUNDING) return noFigure("no_downside");
  return figureOf((meanOf(excess) / downside) * Math.sqrt(periodsPerYear));
}

/** Annualised return over the depth of the maximum drawdown (Young, Calmar ratio: a smoother tool, Futures 20, 1991). */
export function calmarRatio(annualised: Figure, drawdown: Drawdown): Figure {
  if (drawdown.kind === "none") return noFigure("no_drawdown");
  return annualised.value === null ? annualised : figureOf(annualised.value / -drawdown.depth);
}
