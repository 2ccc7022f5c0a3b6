import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { Generations } from "./generations.ts";
import type { LogFrame, LogRow, RoomId } from "./rows/log-row.ts";
import type { RecentRows } from "./rows/recent-rows.ts";

/** A part of the outbox, ready for a Writer. */
export interface HostPart {
  /** Each room once, its frames in order. */
  rooms: { room: RoomId; frames: LogFrame[] }[];
  /** Where it begins. */
  after: Cursor;
  through: Cursor;
  events: number;
  bytes: number;
}

/** Rows on disk whose heads are looked at before any of them is read. */
const HEADS = 64;

/** What says how far a part goes. */
export interface PartLimit {
  events: number;
  bytes: number;
  mayStore: (room: RoomId) => boolean;
}

/**
 * Whole rows after `after` up to a limit, at least one where it may be stored; null where there is no frame in them. Of rows that are
 * not in memory only those are read that are part of it, for a backlog is long.
 */
export function readPart(
  log: { generations: Generations; recent: RecentRows },
  after: Cursor,
  limit: PartLimit,
): HostPart | null {
  const part: HostPart = { rooms: [], after, through: after, events: 0, bytes: 0 };
  const byRoom = new Map<RoomId, LogFrame[]>();
  for (const row of rowsOf(log, after, limit)) {
    for (const { room, frames } of row.parts) {
      const list = byRoom.get(room);
      if (list === undefined) byRoom.set(room, [...frames]);
      else for (const frame of frames) list.push(frame);
    }
    part.through = row.last;
    part.events += row.events;
    part.bytes += row.bytes;
  }
  if (part.events === 0) return null;
  part.rooms = Array.from(byRoom, ([room, frames]) => ({ room, frames }));
  return part;
}

function* rowsOf(
  { generations, recent }: { generations: Generations; recent: RecentRows },
  after: Cursor,
  limit: PartLimit,
): Generator<LogRow> {
  const fits = fitting(limit);
  const { from } = recent;
  let position = after;
  for (const generation of generations) {
    while (position < from) {
      const heads = generation.heads(position, from, HEADS);
      const unfit = heads.findIndex((head) => !fits(head));
      const end = heads.at(unfit === -1 ? -1 : unfit - 1)?.last;
      if (unfit !== 0 && end !== undefined) {
        yield* generation.rows(position, end);
        position = end;
      }
      if (unfit !== -1) return;
      if (heads.length < HEADS) break;
    }
  }
  for (const row of recent.rowsAfter(Math.max(position, from) as Cursor)) {
    if (!fits(row)) return;
    yield row;
  }
}

/** Is a row, after those that were asked for before, part of the part? */
function fitting({ events, bytes, mayStore }: PartLimit) {
  const taken = { events: 0, bytes: 0 };
  return (row: Omit<LogRow, "parts"> & { parts: readonly { room: RoomId }[] }): boolean => {
    const isOver = taken.events + row.events > events || taken.bytes + row.bytes > bytes;
    if (taken.events > 0 && isOver) return false;
    if (!row.parts.every(({ room }) => mayStore(room))) return false;
    taken.events += row.events;
    taken.bytes += row.bytes;
    return true;
  };
}
