/** What the page of analytics shows and `/docs` defines: each has a place of its own there. */
export type FigureId =
  | "pearson"
  | "spearman"
  | "pnl"
  | "net_flow"
  | "value"
  | "total_return"
  | "annualised_return"
  | "volatility"
  | "sharpe"
  | "sortino"
  | "calmar"
  | "max_drawdown"
  | "skewness"
  | "excess_kurtosis"
  | "value_at_risk"
  | "expected_shortfall"
  | "historical"
  | "gaussian"
  | "cornish_fisher"
  | "latency"
  | "slippage";

/** Where the figure is defined. */
export function definitionOf(id: FigureId): string {
  return `/docs#figure-${id}`;
}
