import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { TradeReading } from "../../room/append/trade-reading.ts";
import type { HostLog, RoomId } from "../log/host-log.ts";

/** Of the log that is read in one turn, some 5 ms. */
const A_TURN_BYTES = 256 * 1024;

/** The log, and one turn of the event loop. */
export interface ReadingDeps<Method extends keyof HostLog> {
  log: Pick<HostLog, Method>;
  pause: () => Promise<void>;
}

/** Reads the log backwards from `upTo` for all of these rooms at once, until each of them is over. */
export async function readTradesBack(
  { log, pause }: ReadingDeps<"rowsBack">,
  readings: ReadonlyMap<RoomId, TradeReading>,
  upTo: Cursor,
): Promise<void> {
  const open = unfinished(readings);
  for (let position = upTo; open.size > 0; ) {
    // Each turn looks anew for where it is: what is stored may be dropped meanwhile.
    const piece = log.rowsBack(position, open, A_TURN_BYTES);
    if (piece === null) return;
    for (const { parts } of piece.rows) {
      for (const { room, frames } of parts) {
        const reading = open.has(room) ? readings.get(room) : undefined;
        reading?.take(frames);
        if (reading?.isOver) open.delete(room);
      }
    }
    position = piece.after;
    await pause();
  }
}

/** Passes over what these rooms have behind `after`, of which heads alone are read, until each of them is over. */
export async function passBack(
  { log, pause }: ReadingDeps<"headsBack">,
  readings: ReadonlyMap<RoomId, TradeReading>,
  { after, head }: { after: Cursor; head: Cursor },
): Promise<void> {
  const open = unfinished(readings);
  for (let position = head; open.size > 0 && position > after; ) {
    const block = log.headsBack(position, open, after);
    if (block === null) return;
    for (const { parts } of block.heads) {
      for (const { room, counts } of parts) {
        const reading = open.has(room) ? readings.get(room) : undefined;
        for (const count of counts) reading?.pass(count);
        if (reading?.isOver) open.delete(room);
      }
    }
    position = block.after;
    await pause();
  }
}

function unfinished(readings: ReadonlyMap<RoomId, TradeReading>): Set<RoomId> {
  const open = new Set<RoomId>();
  for (const [room, { isOver }] of readings) if (!isOver) open.add(room);
  return open;
}
