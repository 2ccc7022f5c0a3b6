import { Hono } from "hono";
import { newestPoints } from "../core/events/newest-points.ts";
import { HOUR_US } from "../core/time/duration.ts";
import { hasSeries } from "../db/series/has-series.ts";
import { needs } from "../http/access/authorize.ts";
import { answerCached } from "../http/cached-answer.ts";
import { type AppEnv, nowMs } from "../http/context.ts";
import { heavy } from "../http/limits/heavy-queries.ts";
import { manySeries } from "../http/problems/many-series.ts";
import { Refusal } from "../http/problems/refusal.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { finestStepUs, MAX_POINTS, readStepUs } from "../http/query/read-step.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import type { SeriesAnswer } from "../protocol/answers/answers.ts";
import { AGGREGATES, type Aggregate } from "../protocol/words/aggregate.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../protocol/words/symbol.ts";
import { withDecimalSum, withPartsOfSum } from "../reads/decimal-sums.ts";
import { hasManySeries } from "../reads/many-series.ts";
import { readSymbolSeries } from "../reads/symbols/symbol-series.ts";

const KNOWN = ["metric", "symbol", "labels", "from", "to", "precision", "step", "points", "agg"];

export const seriesRoutes = new Hono<AppEnv>().get(
  "/api/series",
  needs("read"),
  heavy,
  async (c) => {
    const nowUs = c.get("nowUs")();
    const parameters = new Parameters(c.req.url, KNOWN, nowUs);
    const symbol = parameters.symbol("symbol", parameters.text("symbol") ?? SYSTEM_SYMBOL);
    const metric = parameters.text("metric") ?? "";
    parameters.required("metric", "name the metric");
    // The series that have at least these labels.
    const labels = parameters.labels("labels");
    const { fromUs, toUs } = parameters.range(nowUs + 1, (endUs) => endUs - HOUR_US);
    const finestUs = finestStepUs(fromUs, nowUs, c.get("config"));
    const stepUs = readStepUs(parameters, toUs - fromUs, finestUs);
    const aggregates = readAggregates(parameters);
    parameters.check();
    await admitRead(c, [symbol]);
    const sources = sourcesOf(c);
    const wanted = { symbol, metric, labels };
    if (await hasManySeries(sources, wanted, nowMs(c))) throw manySeries(metric);
    const found = await readSymbolSeries(sources, {
      ...{ ...wanted, fromUs, toUs, stepUs, aggregates: withPartsOfSum(aggregates) },
      // A range that begins inside a bucket has one more; of points one more tells that there are more.
      limit: MAX_POINTS + 1,
    });
    const series = found.series.map((one) => withDecimalSum(one, aggregates));
    if (series.length === 0 && !found.isInTail) {
      const { db, correlationId } = sources;
      const isKnown = await hasSeries(db, symbol, metric, labels, correlationId);
      if (!isKnown) throw unknownMetric(symbol);
    }
    const newest = stepUs === 0 ? newestPoints(series, MAX_POINTS) : { series, next: null };
    const answer: SeriesAnswer = {
      ...{ cursor: found.cursor, step_us: stepUs, series: newest.series },
      ...(newest.next !== null && { truncated: true, next: newest.next }),
    };
    return answerCached(c, answer, { toUs, nowUs });
  },
);

function unknownMetric(symbol: SymbolName): Refusal {
  return new Refusal({
    status: 404,
    type: "unknown-metric",
    title: "There is no such metric",
    detail: `${symbol} has no metric of that name and those labels; GET /api/metrics/names?symbol=${encodeURIComponent(symbol)} lists them`,
    errors: [{ path: "metric", message: "is not known" }],
  });
}

function readAggregates(parameters: Parameters): Aggregate[] {
  const words = (parameters.text("agg") ?? "avg,min,max")
    .split(",")
    .map((word) => (word === "mean" ? "avg" : word));
  const found = AGGREGATES.filter((aggregate) => words.includes(aggregate));
  if (found.length !== new Set(words).size) {
    parameters.refuse("agg", `must be some of ${AGGREGATES.join(",")}, joined by commas`);
  }
  return found;
}
