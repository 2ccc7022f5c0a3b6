import { Hono } from "hono";
import { canonicalLabels } from "../../core/labels.ts";
import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import { analyseRisk } from "../../core/statistics/risk.ts";
import { readMetricNames } from "../../db/series/read-metric-names.ts";
import { authorize, refuseSymbols } from "../../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../../http/context.ts";
import { badParameters } from "../../http/problems/problem.ts";
import {
  type BucketRange,
  lookedAtFrom,
  MAX_BUCKETS,
  readFilledRange,
  restsOnFrom,
} from "../../http/query/bucket-range.ts";
import { Parameters } from "../../http/query/parameters.ts";
import type { RiskAnswer } from "../../protocol/analytics.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/interval.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/time.ts";
import { readClosesOfEach, type SymbolCloses } from "../../reads/analytics/symbol-closes.ts";
import { databaseOf } from "../../reads/database-of.ts";
import { MAX_SERIES, refuseManySeries } from "../../reads/many-series.ts";
import { refuseRead } from "../../reads/rooms/known-symbols.ts";
import { readSymbolSeries } from "../../reads/symbol-series.ts";

const KNOWN = ["symbol", "metric", "labels", "interval", "from", "to", "precision"];
const TERMS = ["risk_free", "periods_per_year"];
const YEAR_SECONDS = 365 * 86_400;

export const riskRoutes = new Hono<AppEnv>().get("/api/analytics/risk", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
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
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [subject.symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [subject.symbol]);
  if (refused !== null) return refused;
  const { symbol, metric, labels = {} } = subject;
  const many = metric === undefined ? null : await refuseManySeries(c, { symbol, metric, labels });
  if (many !== null) return many;
  const line = await readLine(c, subject, interval, range);
  if (line.kind === "ambiguous") {
    const message = `must name one series, and ${line.count} have these`;
    return badParameters(c, [{ path: "labels", message }]);
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
});

/** What is looked at: the closes of a symbol, or a series of it where a metric is named. */
interface Subject {
  symbol: SymbolName;
  metric?: string;
  labels?: Record<string, string>;
}

function readSubject(parameters: Parameters): Subject {
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

type Line =
  | {
      kind: "read";
      cursor: Cursor;
      values: BucketValues;
      labels?: Record<string, string>;
      /** From when on they are whole; null where they are (SPEC R-3). */
      goneBefore: EpochUs | null;
    }
  /** Several series have the labels, and none has these alone. */
  | { kind: "ambiguous"; count: number };

async function readLine(
  c: AppContext,
  { symbol, metric, labels = {} }: Subject,
  interval: Interval,
  range: BucketRange,
): Promise<Line> {
  if (metric === undefined) {
    const { read, goneBefore } = await readClosesOfEach(c, [symbol], interval, range);
    const { cursor, closes } = read[0] as SymbolCloses;
    return { kind: "read", cursor, values: closes, goneBefore };
  }
  const { cursor, series } = await readBuckets(c, { symbol, metric, labels }, interval, range);
  const exact = series.find((one) => canonicalLabels(one.labels) === canonicalLabels(labels));
  const found = exact ?? series[0];
  if (exact === undefined && series.length > 1) return { kind: "ambiguous", count: series.length };
  const newest = { ts: found?.ts ?? [], values: (found?.last ?? []) as number[] };
  const values = {
    ts: newest.ts.slice(-range.buckets),
    values: newest.values.slice(-range.buckets),
  };
  const gone = found?.gone_before;
  const goneBefore = gone !== undefined && gone > restsOnFrom(range, values) ? gone : null;
  return { kind: "read", cursor, values, labels: found?.labels ?? labels, goneBefore };
}

/** The last values of the buckets of a range; of one of any age those of the 10,000 buckets before the newest point. */
async function readBuckets(
  c: AppContext,
  subject: Required<Subject>,
  interval: Interval,
  { fromUs, toUs }: BucketRange,
): ReturnType<typeof readSymbolSeries> {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const before = (endUs: number) =>
    readSymbolSeries(c, {
      ...{ ...subject, fromUs, toUs: endUs as EpochUs },
      ...{ stepUs: lengthUs, limit: MAX_BUCKETS, aggregates: ["last"] },
    });
  const found = await before(toUs);
  if (found.series.length > 0 || toUs - fromUs <= MAX_BUCKETS * lengthUs) return found;
  const { names } = await readMetricNames(
    databaseOf(c.get("config")),
    {
      ...{ symbol: subject.symbol, tail: [], limit: MAX_SERIES + 1 },
      // No labels come before these, so the series of the metric are first.
      after: { metric: subject.metric, labelsKey: "" },
    },
    c.get("correlationId"),
  );
  const last = names
    .filter(
      ({ metric, labelsKey }) => metric === subject.metric && holds(labelsKey, subject.labels),
    )
    .reduce((latest, { lastTs }) => Math.max(latest, lastTs ?? latest), Number.NEGATIVE_INFINITY);
  return last < fromUs
    ? found
    : before((Math.floor(Math.min(last, toUs - 1) / lengthUs) + 1) * lengthUs);
}

function holds(labelsKey: string, wanted: Record<string, string>): boolean {
  const labels = JSON.parse(labelsKey) as Record<string, string>;
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
