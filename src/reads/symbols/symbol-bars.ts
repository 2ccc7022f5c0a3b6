import type { TailedSymbol } from "../../db/bars/read-bar-columns.ts";
import { type BarsQuery, readBars } from "../../db/bars/read-bars.ts";
import { readGoneBars } from "../../db/bars/read-gone-bars.ts";
import type { HistoryAnswer } from "../../protocol/answers/answers.ts";
import type { Bar } from "../../protocol/events/bar.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { type DecodedTail, readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** A query of bars, but for what the room says. */
type TailedBarsQuery = Omit<BarsQuery, "storedThrough" | "tail">;

/**
 * The newest bars of a symbol from Postgres and its room together, with every trade up to the answer's cursor and none after it, and
 * from where on they are whole (SPEC R-3).
 */
export async function readHistory(
  sources: Sources,
  query: TailedBarsQuery,
): Promise<HistoryAnswer> {
  const { symbol, interval, fromUs, toUs, limit } = query;
  // One more tells that there are more.
  const { cursor, bars } = await readSymbolBars(sources, { ...query, limit: limit + 1 });
  const newest = bars.slice(-limit);
  const [oldest] = newest;
  const next = oldest !== undefined && bars.length > limit ? oldest.ts : null;
  const { db, correlationId } = sources;
  const ranges = [{ symbol, fromUs: next ?? fromUs }];
  const goneBefore = await readGoneBars(db, ranges, { interval, toUs }, correlationId);
  return {
    ...{ symbol, interval, cursor, bars: newest },
    ...(next !== null && { truncated: true, next }),
    ...(goneBefore !== null && { gone_before: goneBefore }),
  };
}

async function readSymbolBars(
  { rooms, db, correlationId }: Sources,
  query: TailedBarsQuery,
): Promise<{ cursor: Cursor; bars: Bar[] }> {
  const tail = await readTail(rooms, query.symbol);
  const bars = await readBars(db, { ...query, ...tailedSymbol(query.symbol, tail) }, correlationId);
  return { cursor: tail.cursor, bars };
}

/** What a query of bars needs of the tail of a symbol. */
export function tailedSymbol(
  symbol: SymbolName,
  { storedThrough, events }: DecodedTail,
): TailedSymbol {
  const tail = events.flatMap(({ cursor, event }) =>
    event.kind === "trade" ? [{ cursor, trade: event }] : [],
  );
  return { symbol, storedThrough, tail };
}
