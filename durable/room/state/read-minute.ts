import { decodeFrame } from "../../../src/core/events/encode-events.ts";
import type { TailTrade } from "../../../src/db/bars/read-bar-columns.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { RoomLog } from "../log/room-log.ts";
import type { RoomArchive } from "../room-ports.ts";

/** The bar of a minute with every trade of the room up to `through`, which is in its log, and none after it. */
export function readMinute(
  archive: Pick<RoomArchive, "readMinute">,
  log: RoomLog,
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
  return archive.readMinute(minuteUs, storedThrough, tail);
}
