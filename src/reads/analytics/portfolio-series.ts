import { type Decimal, sumOf, ZERO } from "../../core/attribution/decimal.ts";
import { decimalOfSum } from "../../core/attribution/decimal-sum.ts";
import type { ValuePoint } from "../../core/attribution/portfolio-pnl.ts";
import { canonicalLabels } from "../../core/events/labels.ts";
import { fewAtOnce } from "../../core/limits/few-at-once.ts";
import type { BucketRange } from "../../core/time/bucket-range.ts";
import { HOUR_US } from "../../core/time/duration.ts";
import { EARLIEST_US } from "../../core/time/timestamp.ts";
import type { SeriesColumns } from "../../protocol/answers/answers.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Sources } from "../sources.ts";
import { readSymbolSeries } from "../symbols/symbol-series.ts";

export interface PortfolioMetric {
  metric: string;
  /** With an account, the series that have it as their label `account`; '' is the one without a name, and without that label. */
  account: string | null;
}

/** The fees of a symbol, and the starts of the hours that count whole, though the range cuts them (SPEC R-2). */
export interface Fees {
  sum: Decimal;
  wholeBuckets: readonly EpochUs[];
}

/**
 * The exact sum of each symbol's fees in the range, over all series that the metric has there. In steps of an hour and more: a sum
 * needs none that are shorter, and those go back the farthest.
 */
export function readFees(
  sources: Sources,
  symbols: readonly SymbolName[],
  { metric, account }: PortfolioMetric,
  interval: Interval,
  { fromUs, toUs, buckets }: BucketRange,
): Promise<Fees[]> {
  return fewAtOnce(symbols, async (symbol) => {
    const { series } = await readSymbolSeries(sources, {
      ...{ metric, symbol, labels: labelsOf(account), fromUs, toUs },
      ...{ stepUs: Math.max(HOUR_US, INTERVAL_SECONDS[interval] * 1_000_000), limit: buckets + 1 },
      aggregates: ["sum", "count", "min", "max"],
    });
    const ours = series.filter(({ labels }) => account !== "" || labels["account"] === undefined);
    return {
      sum: ours.flatMap(decimalsOf).reduce(sumOf, ZERO),
      wholeBuckets: ours.flatMap((one) => one.whole_buckets ?? []),
    };
  });
}

/** The sum of each bucket. */
function decimalsOf({ sum = [], count = [], min = [], max = [] }: SeriesColumns): Decimal[] {
  return sum.map((one, at) =>
    decimalOfSum({
      ...{ sum: one ?? 0, count: count[at] ?? 1 },
      ...{ min: min[at] ?? 0, max: max[at] ?? 0 },
    }),
  );
}

export type ReportedPoints =
  | {
      kind: "read";
      start: ValuePoint | undefined;
      end: ValuePoint | undefined;
      /** From when on the points of before are there that might have been these; null where all are (SPEC R-3). */
      goneBefore: EpochUs | null;
    }
  /** Several series have the metric, and none the labels alone. */
  | { kind: "ambiguous"; count: number };

/** The last points of a metric of `_system` up to both borders of the range. */
export async function readReportedValue(
  sources: Sources,
  { metric, account }: PortfolioMetric,
  { fromUs, toUs }: BucketRange,
): Promise<ReportedPoints> {
  const labels = labelsOf(account);
  const newestOfEach = async (momentUs: EpochUs) => {
    const { series } = await readSymbolSeries(sources, {
      ...{ metric, symbol: SYSTEM_SYMBOL, labels },
      ...{ fromUs: EARLIEST_US, toUs: (momentUs + 1) as EpochUs },
      ...{ stepUs: 0, limit: 1, aggregates: [] },
    });
    return series.map((one) => ({
      key: canonicalLabels(one.labels),
      point: pointOf(one),
      // A point that is older than what is gone may not have been the newest.
      goneBefore:
        (one.ts[0] ?? EARLIEST_US) < (one.gone_before ?? EARLIEST_US) ? one.gone_before : undefined,
    }));
  };
  // The later one first: whatever has a point at the beginning has one at the end.
  const ends = await newestOfEach(toUs);
  const exact = ends.find(({ key }) => key === canonicalLabels(labels));
  if (exact === undefined && ends.length > 1) return { kind: "ambiguous", count: ends.length };
  const end = exact ?? ends[0];
  const starts = await newestOfEach(fromUs);
  const start = starts.find(({ key }) => key === end?.key);
  const gone = [start?.goneBefore, end?.goneBefore].flatMap((one) => one ?? []);
  return {
    ...{ kind: "read", start: start?.point, end: end?.point },
    goneBefore: gone.length === 0 ? null : (Math.max(...gone) as EpochUs),
  };
}

/** The newest point; a series whose points are gone has none. */
function pointOf({ ts: [ts], last: [value] = [] }: SeriesColumns): ValuePoint | undefined {
  return ts === undefined || value === undefined ? undefined : { ts, value };
}

function labelsOf(account: string | null): Record<string, string> {
  return account === null || account === "" ? {} : { account };
}
