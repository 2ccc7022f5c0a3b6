import type { TailedSymbol, TailTrade } from "../db/look-at-bars.ts";
import { type BarsQuery, readBars } from "../db/read-bars.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Bar } from "../protocol/bar.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import { databaseOf } from "./database-of.ts";
import { type DecodedTail, readTail } from "./room-tail.ts";

/** A query of bars, but for what the room says. */
export type TailedBarsQuery = Omit<BarsQuery, "storedThrough" | "tail">;

/** The bars of a symbol from Postgres and its room together, with every trade up to `cursor` and none after it. */
export async function readSymbolBars(
  c: AppContext,
  query: TailedBarsQuery,
): Promise<{ cursor: Cursor; bars: Bar[] }> {
  const tail = await readTail(c.env, query.symbol);
  return { cursor: tail.cursor, bars: await readBarsWithTail(c, query, tail) };
}

/** The same, where the tail has been read already. */
export async function readBarsWithTail(
  c: AppContext,
  query: TailedBarsQuery,
  { storedThrough, events }: DecodedTail,
): Promise<Bar[]> {
  return readBars(
    databaseOf(c.get("config")),
    { ...query, storedThrough, tail: tradesOf(events) },
    c.get("correlationId"),
  );
}

/** What the room of a symbol has of its trades, with every one up to `cursor`. */
export async function readTradeTail(
  c: AppContext,
  symbol: SymbolName,
): Promise<TailedSymbol & { cursor: Cursor }> {
  const { cursor, storedThrough, events } = await readTail(c.env, symbol);
  return { symbol, cursor, storedThrough, tail: tradesOf(events) };
}

function tradesOf(events: DecodedTail["events"]): TailTrade[] {
  return events.flatMap(({ cursor, event }) =>
    event.kind === "trade" ? [{ cursor, trade: event }] : [],
  );
}
