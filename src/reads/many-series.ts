import { canonicalLabels } from "../core/labels.ts";
import { countSeries } from "../db/series/count-series.ts";
import type { AppContext } from "../http/context.ts";
import { badParameters } from "../http/problems/problem.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import { databaseOf } from "./database-of.ts";

/** More lines are not one answer: 50,000 of them took 19 s and all of the database's time. */
export const MAX_SERIES = 1_000;
/** What was found to be few is not counted again so soon, for a chart asks every few seconds. */
const FEW_FOR_MS = 60_000;
const MOST_KEPT = 10_000;

const fewUntilMs = new Map<string, number>();

/** The refusal of a metric that has more series with these labels than one answer holds, else null (SPEC R-1). */
export async function refuseManySeries(
  c: AppContext,
  wanted: { symbol: SymbolName; metric: string; labels: Readonly<Record<string, string>> },
): Promise<Response | null> {
  const key = JSON.stringify([wanted.symbol, wanted.metric, canonicalLabels(wanted.labels)]);
  const nowMs = Date.now();
  if ((fewUntilMs.get(key) ?? 0) > nowMs) return null;
  const db = databaseOf(c.get("config"));
  const count = await countSeries(db, wanted, MAX_SERIES + 1, c.get("correlationId"));
  if (count > MAX_SERIES) {
    const message = `leave more than ${MAX_SERIES} series of ${wanted.metric}: choose some of them by their labels, which /api/metrics/names lists`;
    return badParameters(c, [{ path: "labels", message }]);
  }
  if (fewUntilMs.size >= MOST_KEPT) fewUntilMs.clear();
  fewUntilMs.set(key, nowMs + FEW_FOR_MS);
  return null;
}
