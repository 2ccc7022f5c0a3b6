import type { SeriesColumns } from "../../protocol/answers/answers.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** The newest part of some series of points, cut at one moment for all of them: the rest is what lies before `next`. */
export interface NewestPoints {
  series: SeriesColumns[];
  /** Null where nothing was cut. */
  next: EpochUs | null;
}

/**
 * Cuts series of points (`ts` and `last`, oldest first) so that none has more than `most`. All are cut at the same moment, so
 * that pages which follow each other are whole, and none repeats a point.
 */
export function newestPoints(series: readonly SeriesColumns[], most: number): NewestPoints {
  const cuts = series.flatMap(({ ts }) => (ts.length > most ? [ts[ts.length - most] ?? 0] : []));
  if (cuts.length === 0) return { series: [...series], next: null };
  const next = Math.max(...cuts) as EpochUs;
  const kept = series.map((one) => {
    const at = one.ts.findIndex((ts) => ts >= next);
    const from = at < 0 ? one.ts.length : at;
    return { ...one, ts: one.ts.slice(from), ...(one.last && { last: one.last.slice(from) }) };
  });
  return { series: kept.filter(({ ts }) => ts.length > 0), next };
}
