import { Hono } from "hono";
import type { Config } from "../config.ts";
import { numberOfSum } from "../core/attribution/decimal-sum.ts";
import { chooseStepUs, DAY_US, HOUR_US, MINUTE_US, readDurationUs } from "../core/duration.ts";
import { newestPoints } from "../core/newest-points.ts";
import { hasSeries } from "../db/series/has-series.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import { answerCached } from "../http/cached-answer.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { badParameters, problem } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import { AGGREGATES, type Aggregate } from "../protocol/aggregate.ts";
import type { SeriesAnswer, SeriesColumns } from "../protocol/answers.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "../reads/database-of.ts";
import { refuseManySeries } from "../reads/many-series.ts";
import { refuseRead } from "../reads/rooms/known-symbols.ts";
import { readSymbolSeries } from "../reads/symbol-series.ts";

/** Most points of one line; of the points themselves the newest. */
const MAX_POINTS = 10_000;
/** About as many as a chart has pixels. */
const DEFAULT_POINTS = 1_000;

export const seriesRoutes = new Hono<AppEnv>().get("/api/series", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const known = ["metric", "symbol", "labels", "from", "to", "precision", "step", "points", "agg"];
  const parameters = new Parameters(c.req.url, known, nowUs);
  const symbol = parameters.symbol("symbol", parameters.text("symbol") ?? SYSTEM_SYMBOL);
  const metric = parameters.text("metric") ?? "";
  parameters.required("metric", "name the metric");
  // The series that have at least these labels.
  const labels = parameters.labels("labels");
  const { fromUs, toUs } = parameters.range(nowUs + 1, (endUs) => endUs - HOUR_US);
  const stepUs = readStepUs(
    parameters,
    toUs - fromUs,
    finestStepUs(fromUs, nowUs, c.get("config")),
  );
  const aggregates = readAggregates(parameters);
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [symbol]);
  if (refused !== null) return refused;
  const many = await refuseManySeries(c, { symbol, metric, labels });
  if (many !== null) return many;
  // A range that begins inside a bucket has one more; of points one more tells that there are more.
  const limit = MAX_POINTS + 1;
  const asked = { aggregates: withPartsOfSum(aggregates) };
  const query = { metric, symbol, labels, fromUs, toUs, stepUs, ...asked, limit };
  const found = await readSymbolSeries(c, query);
  const { cursor, isInTail } = found;
  const series = found.series.map((one) => withDecimalSum(one, aggregates));
  if (series.length === 0 && !isInTail && !(await isKnown(c, symbol, metric, labels))) {
    const detail = `${symbol} has no metric of that name and those labels; GET /api/metrics/names?symbol=${encodeURIComponent(symbol)} lists them`;
    return problem(c, {
      ...{ status: 404, type: "unknown-metric", title: "There is no such metric", detail },
      errors: [{ path: "metric", message: "is not known" }],
    });
  }
  const newest = stepUs === 0 ? newestPoints(series, MAX_POINTS) : { series, next: null };
  const answer: SeriesAnswer = {
    ...{ cursor, step_us: stepUs, series: newest.series },
    ...(newest.next !== null && { truncated: true, next: newest.next }),
  };
  return answerCached(c, answer, { toUs, nowUs, token: authorization.token });
});

function isKnown(
  c: AppContext,
  symbol: SymbolName,
  metric: string,
  labels: Readonly<Record<string, string>>,
): Promise<boolean> {
  return hasSeries(databaseOf(c.get("config")), symbol, metric, labels, c.get("correlationId"));
}

/** `step=10s`, or `step=10`, in seconds; `step=raw`, which is 0, for the points themselves; absent: a step for about `points` points. */
function readStepUs(parameters: Parameters, spanUs: number, finestUs: number): number {
  const bounds = { min: 1, max: MAX_POINTS, fallback: DEFAULT_POINTS };
  const points = parameters.count("points", bounds);
  const text = parameters.text("step");
  if (text === undefined) return Math.max(finestUs, chooseStepUs(spanUs, points));
  if (parameters.text("points") !== undefined) {
    parameters.refuse("points", "chooses the step: leave out points, or step");
  }
  if (text === "raw") return 0;
  const stepUs = readDurationUs(text);
  if (stepUs === null) {
    parameters.refuse(
      "step",
      "must be raw, seconds, or a duration such as 250ms, 10s, 5m, 4h, 1d or 1w",
    );
    return 0;
  }
  if (spanUs / stepUs > MAX_POINTS) {
    parameters.refuse(
      "step",
      `gives more than ${MAX_POINTS} points: take a longer step or a shorter range`,
    );
  }
  return stepUs;
}

/** What is older than raw data has minutes, and what is older than those has hours: a finer step would find nothing. */
function finestStepUs(fromUs: EpochUs, nowUs: EpochUs, config: Config): number {
  const isOlder = (days: number) => days > 0 && fromUs < nowUs - days * DAY_US;
  if (isOlder(config.KEEP_MINUTES_DAYS)) return HOUR_US;
  return isOlder(config.KEEP_RAW_DAYS) ? MINUTE_US : 0;
}

/** What tells how far a sum of doubles may be off. */
const PARTS_OF_SUM = ["count", "min", "max"] as const;

function withPartsOfSum(aggregates: readonly Aggregate[]): Aggregate[] {
  return [...new Set([...aggregates, ...(aggregates.includes("sum") ? PARTS_OF_SUM : [])])];
}

/** The series with the sums of the decimals that were pushed, without what nobody asked for. */
function withDecimalSum(series: SeriesColumns, aggregates: readonly Aggregate[]): SeriesColumns {
  const { sum, count = [], min = [], max = [] } = series;
  if (sum === undefined || !aggregates.includes("sum")) return series;
  const decimal = sum.map((one, at) =>
    numberOfSum({
      ...{ sum: one, count: count[at] ?? 1 },
      ...{ min: min[at] ?? one, max: max[at] ?? one },
    }),
  );
  const whole = { ...series, sum: decimal };
  for (const name of PARTS_OF_SUM) if (!aggregates.includes(name)) delete whole[name];
  return whole;
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
