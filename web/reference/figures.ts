import type { FigureId } from "../data/analytics/figure-id.ts";

/** What each figure of analytics is, as `src/core` works it out. */
export const FIGURES: Readonly<Record<FigureId, { name: string; words: string }>> = {
  pearson: {
    name: "Pearson's correlation",
    words:
      "The covariance of the log returns of two symbols over the product of their deviations, from -1 to 1. A return goes from one bucket in which both have traded to the next such bucket.",
  },
  spearman: {
    name: "Spearman's correlation",
    words:
      "Pearson's correlation of the ranks of the same returns; equal returns share their mean rank.",
  },
  pnl: {
    name: "Profit and loss",
    words:
      "The change of value of a symbol less its net flow: end value - start value - net flow. Amounts are whole cents.",
  },
  net_flow: {
    name: "Net flow",
    words:
      "What was paid for what was bought, less what was received for what was sold. What adds to a position cost as much as quantity times avg_price grew by; a sale brings the close of its bucket.",
  },
  value: {
    name: "Value",
    words:
      "The quantity held at a border of the range times the last close before it. Cash is not in it, so it is not what a metric such as portfolio_value says.",
  },
  total_return: { name: "Total return", words: "The last close over the first one, less 1." },
  annualised_return: {
    name: "A year's return",
    words:
      "What the same growth would make of a year: (last / first)^(periods_per_year / returns) - 1. The page shows this figure and the three ratios from a twelfth of a year's returns on: of less they say nothing.",
  },
  volatility: {
    name: "A year's volatility",
    words:
      "The sample's standard deviation of simple returns (n - 1) times the root of periods_per_year.",
  },
  sharpe: {
    name: "Sharpe ratio",
    words:
      "The mean return less the rate of one period (risk_free compounds to a year's), over the deviation, times the root of periods_per_year.",
  },
  sortino: {
    name: "Sortino ratio",
    words:
      "As the Sharpe ratio, over the downside deviation sqrt(mean(min(r - rate, 0)^2)), which counts every period.",
  },
  calmar: {
    name: "Calmar ratio",
    words: "A year's return over the depth of the deepest drawdown.",
  },
  max_drawdown: {
    name: "Deepest drawdown",
    words:
      "The deepest fall of a close below the highest close before it, as a part of that. Of equal falls the earliest.",
  },
  skewness: {
    name: "Skewness",
    words:
      "m3 / m2^1.5 of the central moments of the returns (g1): below 0 large losses weigh more.",
  },
  excess_kurtosis: {
    name: "Excess kurtosis",
    words: "m4 / m2^2 - 3 of the central moments of the returns (g2): 0 for a normal distribution.",
  },
  value_at_risk: {
    name: "Value at risk (VaR)",
    words:
      "The loss that one return stays below with the probability of the level, as a part of the value: 0.03 is a loss of 3 %, and below 0 it is a gain.",
  },
  expected_shortfall: {
    name: "Expected shortfall",
    words: "The mean loss of the returns that do not stay below the value at risk.",
  },
  historical: {
    name: "Historical",
    words:
      "By the sample's own quantile, between its two nearest returns. Under a hundred returns that at 99 % is about the worst of them.",
  },
  gaussian: {
    name: "Gaussian",
    words: "By the normal distribution of the sample's mean and deviation: -(m + s z).",
  },
  cornish_fisher: {
    name: "Cornish-Fisher",
    words:
      "By the normal quantile bent by the sample's skewness S and excess kurtosis K: z + (z^2 - 1) S / 6 + (z^3 - 3z) K / 24 - (2z^3 - 5z) S^2 / 36. Outside the expansion's domain a rarer loss can come out smaller.",
  },
  latency: {
    name: "Latency of a leg",
    words:
      "From one state of an order to the first of another, over the orders that began in the range and have both. Below 0 where two clocks differ by more than it took.",
  },
  slippage: {
    name: "Slippage",
    words:
      "What a unit cost more than the last sample of the book when the order was sent, its mid or the best price of the other side, as a mean over what was filled. Above 0 is to the order's loss, for purchases and sales.",
  },
};
