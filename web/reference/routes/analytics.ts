import type { DescribedRoute } from "../described-route.ts";
import { interval, LABELS, number, range, SYMBOL, SYMBOLS, text } from "../parameters.ts";

const NEWEST = "the newest 500 bars";

const ATTRIBUTION: Omit<DescribedRoute, "method" | "summary"> = {
  ...{ path: "/api/analytics/attribution", family: "Analytics", scope: "read" },
  parameters: [
    SYMBOLS,
    text("account", "One account, empty for the one without a name; without it all together"),
    interval("1h"),
    ...range("500 intervals before the end"),
    text("fees", "The metric of each symbol that sums what was paid"),
    text("value", "The metric of _system that is the value of the portfolio"),
  ],
  answers: {
    200: {
      description: "Figures that add up to the cent, or why there are none, by kind.",
      content: { type: "application/json", of: "AttributionAnswer" },
    },
  },
};

export const ANALYTICS: readonly DescribedRoute[] = [
  {
    ...{ method: "get", path: "/api/analytics/correlation", family: "Analytics", scope: "read" },
    summary: "Pearson's and Spearman's correlation of every pair of 2 to 50 symbols",
    parameters: [SYMBOLS, interval("1h"), ...range(NEWEST)],
    answers: {
      200: {
        description: "Every pair once.",
        content: { type: "application/json", of: "CorrelationAnswer" },
      },
    },
    example: { target: "/api/analytics/correlation?symbols=ACME,BETA&interval=1m&from=now-6h" },
  },
  {
    ...{ method: "get", path: "/api/analytics/risk", family: "Analytics", scope: "read" },
    summary: "Return, ratios, drawdown and value at risk of closes, or of a series",
    parameters: [
      { ...SYMBOL, description: "The symbol; with a metric it may be left out for _system" },
      text("metric", "The metric, for the last values of a series"),
      LABELS,
      interval("1d"),
      ...range(NEWEST),
      number("risk_free", "The rate of a year, as a part of one; without it 0"),
      number("periods_per_year", "How many returns make a year; without it a year of 365 days"),
    ],
    answers: {
      200: {
        description: "Each figure, or why it is not there.",
        content: { type: "application/json", of: "RiskAnswer" },
      },
    },
    example: { target: "/api/analytics/risk?symbol=ACME&interval=1d&periods_per_year=252" },
  },
  {
    ...ATTRIBUTION,
    method: "get",
    summary: "Profit and loss of 1 to 50 symbols",
    example: {
      target: "/api/analytics/attribution?symbols=ACME&account=desk&interval=1m&from=now-2h",
    },
  },
  {
    ...ATTRIBUTION,
    method: "post",
    summary: "The same against a benchmark (Brinson-Fachler)",
    body: { kind: "object", of: "BenchmarkPush", required: false },
    example: {
      target: "/api/analytics/attribution?symbols=ACME&account=desk&interval=1m&from=now-2h",
      body: {
        json: {
          benchmark: [
            { symbol: "ACME", weight: 0.9 },
            { segment: "cash", weight: 0.1, return: 0 },
          ],
        },
      },
    },
  },
];
