import { type Decimal, sumOf, ZERO } from "../core/attribution/decimal.ts";
import { decimalOfSum } from "../core/attribution/decimal-sum.ts";
import type { ValuePoint } from "../core/attribution/portfolio-pnl.ts";
import { HOUR_US } from "../core/duration.ts";
import { canonicalLabels } from "../core/labels.ts";
import { EARLIEST_US } from "../core/timestamp.ts";
import type { AppContext } from "../middleware/context.ts";
import type { SeriesColumns } from "../protocol/answers.ts";
import { INTERVAL_SECONDS, type Interval } from "../protocol/interval.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import type { BucketRange } from "./bucket-range.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { readSymbolSeries } from "./symbol-series.ts";

export interface PortfolioMetric {
  metric: string;
  /** With an account, the series that have it as their label `account`; '' is the one without a name, and without that label. */
  account: string | null;
}

/**
 * The exact sum of each symbol's fees in the range, over all series that the metric has there. In steps of an hour and more: a sum
 * needs none that are shorter, and those go back the farthest.
 */
export function readFees(
  c: AppContext,
  symbols: readonly SymbolName[],
  { metric, account }: PortfolioMetric,
  interval: Interval,
  { fromUs, toUs, buckets }: BucketRange,
): Promise<Decimal[]> {
  return fewAtOnce(symbols, async (symbol) => {
    const { series } = await readSymbolSeries(c, {
      ...{ metric, symbol, labels: labelsOf(account), fromUs, toUs },
      ...{ stepUs: Math.max(HOUR_US, INTERVAL_SECONDS[interval] * 1_000_000), limit: buckets + 1 },
      aggregates: ["sum", "count", "min", "max"],
    });
    const ours = series.filter(({ labels }) => account !== "" || labels["account"] === undefined);
    return ours.flatMap(decimalsOf).reduce(sumOf, ZERO);
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
  | { kind: "read"; start: ValuePoint | undefined; end: ValuePoint | undefined }
  /** Several series have the metric, and none the labels alone. */
  | { kind: "ambiguous"; count: number };

/** The last points of a metric of `_system` up to both borders of the range. */
export async function readReportedValue(
  c: AppContext,
  { metric, account }: PortfolioMetric,
  { fromUs, toUs }: BucketRange,
): Promise<ReportedPoints> {
  const labels = labelsOf(account);
  const newestOfEach = async (momentUs: EpochUs) => {
    const { series } = await readSymbolSeries(c, {
      ...{ metric, symbol: SYSTEM_SYMBOL, labels },
      ...{ fromUs: EARLIEST_US, toUs: (momentUs + 1) as EpochUs },
      ...{ stepUs: 0, limit: 1, aggregates: [] },
    });
    // A series whose points are gone has none.
    const found = series.filter(({ ts }) => ts.length > 0);
    return found.map((one) => ({
      key: canonicalLabels(one.labels),
      point: { ts: one.ts[0] as EpochUs, value: one.last?.[0] as number },
    }));
  };
  // The later one first: whatever has a point at the beginning has one at the end.
  const ends = await newestOfEach(toUs);
  const exact = ends.find(({ key }) => key === canonicalLabels(labels));
  if (exact === undefined && ends.length > 1) return { kind: "ambiguous", count: ends.length };
  const end = exact ?? ends[0];
  const starts = await newestOfEach(fromUs);
  const start = starts.find(({ key }) => key === end?.key);
  return { kind: "read", start: start?.point, end: end?.point };
}

function labelsOf(account: string | null): Record<string, string> {
  return account === null || account === "" ? {} : { account };
}
