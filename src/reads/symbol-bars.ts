import type { TailedSymbol } from "../db/bars/read-bar-columns.ts";
import { type BarsQuery, readBars } from "../db/bars/read-bars.ts";
import type { AppContext } from "../http/context.ts";
import type { Bar } from "../protocol/bar.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import { databaseOf } from "./database-of.ts";
import { type DecodedTail, readTail } from "./rooms/room-tail.ts";

/** A query of bars, but for what the room says. */
export type TailedBarsQuery = Omit<BarsQuery, "storedThrough" | "tail">;

/** The bars of a symbol from Postgres and its room together, with every trade up to `cursor` and none after it. */
export async function readSymbolBars(
  c: AppContext,
  query: TailedBarsQuery,
): Promise<{ cursor: Cursor; bars: Bar[] }> {
  const tail = await readTail(c.env, query.symbol);
  const bars = await readBars(
    databaseOf(c.get("config")),
    { ...query, ...tailedSymbol(query.symbol, tail) },
    c.get("correlationId"),
  );
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
