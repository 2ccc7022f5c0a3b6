import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { LogRow, RoomId } from "./log-row.ts";
import type { RoomSet } from "./room-set.ts";

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
  /** Some of its rows have idempotency keys. */
  isKeyed: boolean;
  rooms: Iterable<RoomId> & { has(room: RoomId): boolean };
}

/** The newest rows of a log, which are no block yet. */
export class OpenBlock implements Block {
  first: Cursor;
  last: Cursor;
  rows = 0;
  events = 0;
  bytes = 0;
  /** Hashes of all idempotency keys in it, one after another. */
  keyHashes = "";
  readonly rooms = new Set<RoomId>();

  constructor(first: Cursor) {
    this.first = first;
    this.last = first;
  }

  get isKeyed(): boolean {
    return this.keyHashes !== "";
  }

  add(
    { last, events, bytes }: Pick<LogRow, "last" | "events" | "bytes">,
    parts: readonly { room: RoomId }[],
    keyHashes: string,
  ): void {
    this.last = last;
    this.rows += 1;
    this.events += events;
    this.bytes += bytes;
    this.keyHashes += keyHashes;
    for (const { room } of parts) this.rooms.add(room);
  }
}

/** A block that no row will be added to. */
export class ClosedBlock implements Block {
  readonly first: Cursor;
  readonly last: Cursor;
  readonly rows: number;
  readonly isKeyed: boolean;
  events: number;
  bytes: number;
  rooms: RoomSet;

  constructor(block: Omit<Block, "rooms">, rooms: RoomSet) {
    this.first = block.first;
    this.last = block.last;
    this.rows = block.rows;
    this.isKeyed = block.isKeyed;
    this.events = block.events;
    this.bytes = block.bytes;
    this.rooms = rooms;
  }
}
