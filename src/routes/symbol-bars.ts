import { type BarsQuery, readBars } from "../db/read-bars.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Bar } from "../protocol/bar.ts";
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
  const tail = events.flatMap(({ cursor, event }) =>
    event.kind === "trade" ? [{ cursor, trade: event }] : [],
  );
  return readBars(
    databaseOf(c.get("config")),
    { ...query, storedThrough, tail },
    c.get("correlationId"),
  );
}
