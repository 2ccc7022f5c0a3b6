import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { RoomId } from "../rows/log-row.ts";

/** What a log knows of a request by its key: see `HostLog.findKey`. */
export interface KnownRequest {
  fingerprint: string;
  /** The cursors of its commit. */
  from: Cursor;
  row: Cursor;
  partOf(rooms: readonly RoomId[]): KnownPart;
  /** Its commit before this one, where a part came here later, with its symbol; null where there is none. */
  before(): KnownRequest | null;
}

/**
 * What the commit of a request brought to the rooms of a symbol. `had`: frames, the newest at `end`. `nothing`: no frame. `unsure`: the
 * log cannot tell any more, for its row was dropped, or frames of a room have moved, up to `end`.
 */
export type KnownPart =
  | { kind: "had"; end: Cursor }
  | { kind: "unsure"; end: Cursor | null }
  | { kind: "nothing" };

/** What a log can be asked. */
export interface LogOfRequests {
  /** The newest commit of the request before a cursor. */
  find(before: number): Pick<KnownRequest, "fingerprint" | "from" | "row"> | null;
  /** The newest frame of a room after a cursor and up to another; null where it has none there. */
  endIn(room: RoomId, after: Cursor, upTo: Cursor): Cursor | null;
  /** Up to where that is now which a room had at a cursor; null where it has not moved. */
  movedTo(room: RoomId, cursor: Cursor): Cursor | null;
  isDropped(row: Cursor): boolean;
}

/** The newest commit of a request before a cursor. */
export function knownRequest(log: LogOfRequests, before: number): KnownRequest | null {
  const found = log.find(before);
  if (found === null) return null;
  const { from, row } = found;
  const partOf = (rooms: readonly RoomId[]): KnownPart => {
    let end: Cursor | null = null;
    for (const room of rooms) {
      const had = log.endIn(room, (from - 1) as Cursor, row);
      if (had !== null) return { kind: "had", end: had };
      end = log.movedTo(room, row) ?? end;
    }
    const isGone = end !== null || log.isDropped(row);
    return isGone ? { kind: "unsure", end } : { kind: "nothing" };
  };
  return { ...found, partOf, before: () => knownRequest(log, row) };
}
