import { Hono } from "hono";
import { analyseRisk } from "../../core/statistics/risk.ts";
import { lookedAtFrom } from "../../core/time/bucket-range.ts";
import { needs } from "../../http/access/authorize.ts";
import { type AppEnv, nowMs } from "../../http/context.ts";
import { heavy } from "../../http/limits/heavy-queries.ts";
import { manySeries } from "../../http/problems/many-series.ts";
import { badParameters } from "../../http/problems/refusal.ts";
import { admitRead } from "../../http/query/admit-read.ts";
import { Parameters } from "../../http/query/parameters.ts";
import { readFilledRange } from "../../http/query/read-bucket-range.ts";
import { sourcesOf } from "../../http/sources/sources.ts";
import type { RiskAnswer } from "../../protocol/answers/analytics.ts";
import { INTERVAL_SECONDS } from "../../protocol/words/interval.ts";
import { SYSTEM_SYMBOL } from "../../protocol/words/symbol.ts";
import { type RiskSubject, readRiskLine } from "../../reads/analytics/risk-line.ts";
import { hasManySeries } from "../../reads/many-series.ts";

const KNOWN = ["symbol", "metric", "labels", "interval", "from", "to", "precision"];
const TERMS = ["risk_free", "periods_per_year"];
const YEAR_SECONDS = 365 * 86_400;

export const riskRoutes = new Hono<AppEnv>().get(
  "/api/analytics/risk",
  needs("read"),
  heavy,
  async (c) => {
    const nowUs = c.get("nowUs")();
    const parameters = new Parameters(c.req.url, [...KNOWN, ...TERMS], nowUs);
    const subject = readSubject(parameters);
    const interval = parameters.interval("interval", "1d");
    const range = readFilledRange(parameters, interval, nowUs);
    // Rates are parts of one: 4, which would be 400 %, is somebody's 4 %.
    const riskFree = parameters.number("risk_free", { above: -1, max: 1 }) ?? 0;
    // Without a word about it, of a market that never closes: every bucket of a year of 365 days.
    const periodsPerYear =
      parameters.number("periods_per_year", { above: 0, max: YEAR_SECONDS }) ??
      YEAR_SECONDS / INTERVAL_SECONDS[interval];
    parameters.check();
    await admitRead(c, [subject.symbol]);
    const sources = sourcesOf(c);
    const { symbol, metric, labels = {} } = subject;
    if (
      metric !== undefined &&
      (await hasManySeries(sources, { symbol, metric, labels }, nowMs(c)))
    ) {
      throw manySeries(metric);
    }
    const line = await readRiskLine(sources, subject, { interval, range, nowUs });
    if (line.kind === "ambiguous") {
      const message = `must name one series, and ${line.count} have these`;
      throw badParameters({ path: "labels", message });
    }
    const answer: RiskAnswer = {
      ...{ ...subject, ...(line.labels && { labels: line.labels }) },
      ...{ interval, from: lookedAtFrom(range, interval, [line.values]), to: range.toUs },
      cursor: line.cursor,
      ...{ risk_free: riskFree, periods_per_year: periodsPerYear },
      risk: analyseRisk(line.values, { riskFree, periodsPerYear }),
      ...(line.goneBefore !== null && { gone_before: line.goneBefore }),
    };
    return c.json(answer, 200, { "cache-control": "no-store" });
  },
);

function readSubject(parameters: Parameters): RiskSubject {
  const metric = parameters.text("metric");
  const name = parameters.text("symbol");
  if (metric === undefined || metric === "") {
    if (metric === "") parameters.refuse("metric", "is empty: name the metric");
    if (parameters.text("labels") !== undefined) {
      parameters.refuse("labels", "belong to a metric: name it, or leave them out");
    }
    if (name === undefined) {
      parameters.refuse("symbol", "is missing: name a symbol with trades, or a metric");
    }
    return { symbol: parameters.symbol("symbol", name ?? SYSTEM_SYMBOL) };
  }
  const symbol = parameters.symbol("symbol", name ?? SYSTEM_SYMBOL);
  return { symbol, metric, labels: parameters.labels("labels") };
}
