import { readSeries, type SeriesQuery } from "../../db/series/read-series.ts";
import type { SeriesColumns } from "../../protocol/answers/answers.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/**
 * Series of a symbol from Postgres and its room together, with every point up to `cursor` and none after it. `isInTail`:
 * the metric has points that may not be stored yet, in the range or not.
 */
export async function readSymbolSeries(
  { rooms, db, correlationId }: Sources,
  query: Omit<SeriesQuery, "storedThrough" | "tail">,
): Promise<{ cursor: Cursor; series: SeriesColumns[]; isInTail: boolean }> {
  const { storedThrough, cursor, events } = await readTail(rooms, query.symbol);
  const tail = events.flatMap(({ cursor, event }) =>
    event.kind === "metric" && event.metric === query.metric ? [{ cursor, point: event }] : [],
  );
  const series = await readSeries(db, { ...query, storedThrough, tail }, correlationId);
  return { cursor, series, isInTail: tail.length > 0 };
}
