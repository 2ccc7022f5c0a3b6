import { readMetricNames } from "../../db/series/read-metric-names.ts";
import type { MetricNamesAnswer } from "../../protocol/answers/answers.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** Where a page of series ends; the next one begins behind it. */
export interface SeriesPlace {
  metric: string;
  labelsKey: string;
}

/** The series of a symbol: those in Postgres, and those that so far are in the room alone. `next` is where the page ends. */
export async function readSymbolMetrics(
  { rooms, db, correlationId }: Sources,
  { symbol, after, limit }: { symbol: SymbolName; after: SeriesPlace | null; limit: number },
): Promise<{ answer: MetricNamesAnswer; next: SeriesPlace | null }> {
  const { events } = await readTail(rooms, symbol);
  const tail = events.flatMap(({ event }) => (event.kind === "metric" ? [event] : []));
  // One more tells that there are more.
  const query = { symbol, tail, after, limit: limit + 1 };
  const { names, series } = await readMetricNames(db, query, correlationId);
  const shown = names.slice(0, limit);
  const truncated = names.length > limit;
  const metrics = shown.map(({ metric, labelsKey, lastTs }) => ({
    metric,
    labels: JSON.parse(labelsKey) as Record<string, string>,
    last_ts: lastTs,
  }));
  return { answer: { metrics, series, truncated }, next: (truncated && shown.at(-1)) || null };
}
