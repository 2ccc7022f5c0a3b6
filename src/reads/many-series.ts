import { canonicalLabels } from "../core/events/labels.ts";
import { countSeries } from "../db/series/count-series.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Sources } from "./sources.ts";

/** More lines are not one answer: 50,000 of them took 19 s and all of the database's time. */
export const MAX_SERIES = 1_000;
/** What was found to be few is not counted again so soon, for a chart asks every few seconds. */
const FEW_FOR_MS = 60_000;
const MOST_KEPT = 10_000;

const fewUntilMs = new Map<string, number>();

/** Has a metric more series with these labels than one answer holds (SPEC R-1)? */
export async function hasManySeries(
  { db, correlationId }: Sources,
  wanted: { symbol: SymbolName; metric: string; labels: Readonly<Record<string, string>> },
  nowMs: number,
): Promise<boolean> {
  const key = JSON.stringify([wanted.symbol, wanted.metric, canonicalLabels(wanted.labels)]);
  if ((fewUntilMs.get(key) ?? 0) > nowMs) return false;
  if ((await countSeries(db, wanted, MAX_SERIES + 1, correlationId)) > MAX_SERIES) return true;
  if (fewUntilMs.size >= MOST_KEPT) fewUntilMs.clear();
  fewUntilMs.set(key, nowMs + FEW_FOR_MS);
  return false;
}
