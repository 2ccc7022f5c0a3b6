import type { PointTerms } from "../../src/formats/points/decoded-points.ts";
import type { Points } from "../../src/formats/points/points.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";

/** As a request finds them by default. */
export const TERMS: PointTerms = {
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

export function pointsOf({ events }: Points): Found[] {
  return events.map(({ symbol, event }) => {
    if (event.kind !== "metric") throw new Error(event.kind);
    return [symbol, event.metric, event.labels, event.ts, event.value];
  });
}
