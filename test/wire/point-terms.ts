import type { PointColumns } from "../../src/core/events/point-columns.ts";
import type { PointTerms } from "../../src/formats/points/decoded-points.ts";
import type { Points } from "../../src/formats/points/points.ts";
import { KnownSeries } from "../../src/formats/wire/known-series.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";

/** As a request finds them by default. What is known is shared, so that each test finds what others left there. */
export const TERMS: PointTerms = {
  known: new KnownSeries(),
  nowUs: 1_795_700_000_000_000 as EpochUs,
  symbolLabel: "symbol",
  mayWrite: () => true,
  limits: { events: 20_000, chars: 8 * 1024 * 1024 },
};

type Found = [
  symbol: string,
  metric: string,
  labels: Record<string, string> | undefined,
  ts: number,
  value: number,
];

export function pointsOf({ columns }: Points): Found[] {
  return foundIn(columns);
}

export function foundIn(columns: PointColumns): Found[] {
  return Array.from({ length: columns.count }, (_, at): Found => {
    const { symbol, metric, labels } = columns.seriesAt(at);
    const { tsUs, value } = columns.pointAt(at);
    return [symbol, metric, labels, tsUs, value];
  });
}
