import { canonicalLabels } from "../../core/events/labels.ts";
import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import { type BucketRange, MAX_BUCKETS, restsOnFrom } from "../../core/time/bucket-range.ts";
import { readMetricNames } from "../../db/series/read-metric-names.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { MAX_SERIES } from "../many-series.ts";
import type { Sources } from "../sources.ts";
import { readSymbolSeries } from "../symbols/symbol-series.ts";
import { type ClosesQuery, readClosesOfEach, type SymbolCloses } from "./symbol-closes.ts";

/** What is looked at: the closes of a symbol, or a series of it where a metric is named. */
export interface RiskSubject {
  symbol: SymbolName;
  metric?: string;
  labels?: Record<string, string>;
}

export type RiskLine =
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

/** The line of a subject, and the cursor up to which it has everything. */
export async function readRiskLine(
  sources: Sources,
  { symbol, metric, labels = {} }: RiskSubject,
  query: ClosesQuery,
): Promise<RiskLine> {
  const { interval, range } = query;
  if (metric === undefined) {
    const { read, goneBefore } = await readClosesOfEach(sources, [symbol], query);
    const { cursor, closes } = read[0] as SymbolCloses;
    return { kind: "read", cursor, values: closes, goneBefore };
  }
  const { cursor, series } = await readBuckets(
    sources,
    { symbol, metric, labels },
    interval,
    range,
  );
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
  sources: Sources,
  subject: Required<RiskSubject>,
  interval: Interval,
  { fromUs, toUs }: BucketRange,
): ReturnType<typeof readSymbolSeries> {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const before = (endUs: number) =>
    readSymbolSeries(sources, {
      ...{ ...subject, fromUs, toUs: endUs as EpochUs },
      ...{ stepUs: lengthUs, limit: MAX_BUCKETS, aggregates: ["last"] },
    });
  const found = await before(toUs);
  if (found.series.length > 0 || toUs - fromUs <= MAX_BUCKETS * lengthUs) return found;
  const { names } = await readMetricNames(
    sources.db,
    {
      ...{ symbol: subject.symbol, tail: [], limit: MAX_SERIES + 1 },
      // No labels come before these, so the series of the metric are first.
      after: { metric: subject.metric, labelsKey: "" },
    },
    sources.correlationId,
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
