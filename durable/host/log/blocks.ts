import type { Cursor } from "../../../src/protocol/time.ts";
import type { LogRow, RoomId } from "./log-row.ts";
import { RoomSet } from "./room-set.ts";

/** So many rows of the log make a block. */
export const BLOCK_ROWS = 64;

/** What is known by heart of neighbouring rows, so that whoever looks for a room reads no others. */
export interface Block {
  /** First cursor of its first row. */
  first: Cursor;
  /** Cursor of its last row. */
  last: Cursor;
  rows: number;
  events: number;
  bytes: number;
  /** Rows with idempotency keys. */
  keyed: number;
  rooms: Iterable<RoomId> & { has(room: RoomId): boolean };
}

/** The newest rows of a log, which are no block yet. */
export class OpenBlock implements Block {
  first: Cursor;
  last: Cursor;
  rows = 0;
  events = 0;
  bytes = 0;
  keyed = 0;
  readonly rooms = new Set<RoomId>();

  constructor(first: Cursor) {
    this.first = first;
    this.last = first;
  }

  add(row: Pick<LogRow, "last" | "events" | "bytes">, rooms: Iterable<RoomId>, isKeyed: boolean) {
    this.last = row.last;
    this.rows += 1;
    this.events += row.events;
    this.bytes += row.bytes;
    if (isKeyed) this.keyed += 1;
    for (const room of rooms) this.rooms.add(room);
  }

  close(): Block {
    const { first, last, rows, events, bytes, keyed } = this;
    return { first, last, rows, events, bytes, keyed, rooms: RoomSet.of(this.rooms) };
  }
}
