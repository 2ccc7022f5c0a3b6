import { type BarsQuery, readBars } from "../db/read-bars.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Bar } from "../protocol/bar.ts";
import type { Cursor } from "../protocol/time.ts";
import { databaseOf } from "./database-of.ts";
import { readTail } from "./room-tail.ts";

/** The bars of a symbol from Postgres and its room together, with every trade up to `cursor` and none after it. */
export async function readSymbolBars(
  c: AppContext,
  query: Omit<BarsQuery, "storedThrough" | "tail">,
): Promise<{ cursor: Cursor; bars: Bar[] }> {
  const { storedThrough, cursor, events } = await readTail(c.env, query.symbol);
  const tail = events.flatMap(({ cursor, event }) =>
    event.kind === "trade" ? [{ cursor, trade: event }] : [],
  );
  const bars = await readBars(
    databaseOf(c.get("config")),
    { ...query, storedThrough, tail },
    c.get("correlationId"),
  );
  return { cursor, bars };
}
