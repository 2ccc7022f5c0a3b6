import { MINUTE_US } from "../../src/core/duration.ts";
import { decodeFrame } from "../../src/core/encode-events.ts";
import type { TailTrade } from "../../src/db/bars/read-bar-columns.ts";
import { readBars } from "../../src/db/bars/read-bars.ts";
import type { Database } from "../../src/db/driver/database.ts";
import type { Bar } from "../../src/protocol/bar.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import type { RoomLog } from "./log.ts";

/** The bar of a minute with every trade of the room up to `through`, which is in its log, and none after it. */
export async function readMinute(
  db: Database,
  log: RoomLog,
  symbol: SymbolName,
  minuteUs: EpochUs,
  through: Cursor,
): Promise<Bar | null> {
  const storedThrough = Math.min(log.storedThrough, through) as Cursor;
  const tail: TailTrade[] = [];
  for (const { cursor, text } of log.framesAfter(storedThrough, through)) {
    for (const event of decodeFrame(text)) {
      if (event.kind === "trade") tail.push({ cursor, trade: event });
    }
  }
  const range = { fromUs: minuteUs, toUs: (minuteUs + MINUTE_US) as EpochUs, limit: 1 };
  const [bar] = await readBars(db, { symbol, interval: "1m", ...range, storedThrough, tail });
  return bar ?? null;
}
