import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { type LogFrame, type LogRow, type RoomId, withoutRoom } from "./log-row.ts";

/** What a row and a frame hold of memory beside their text: objects and their places in lists. */
const ROW_BYTES = 200;
const FRAME_BYTES = 100;

/**
 * The newest rows of a log in memory, found by row for the outbox and by room for everything else: what is read of one room
 * costs in proportion to that room's frames, whatever the others push.
 */
export class RecentRows {
  readonly #limitBytes: number;
  #rows: LogRow[] = [];
  readonly #byRoom = new Map<RoomId, LogFrame[]>();
  #bytes = 0;
  #from: Cursor;

  /** `from`: the newest row that is not in memory ends here. `limitBytes`: about so much of memory is held. */
  constructor(from: Cursor, limitBytes: number) {
    this.#from = from;
    this.#limitBytes = limitBytes;
  }

  /** Every row after it is in memory. */
  get from(): Cursor {
    return this.#from;
  }

  push(row: LogRow): void {
    this.#rows.push(row);
    this.#bytes += bytesOf(row);
    for (const { room, frames } of row.parts) {
      const list = this.#byRoom.get(room);
      if (list === undefined) this.#byRoom.set(room, [...frames]);
      else for (const frame of frames) list.push(frame);
    }
    // Shifting long lists at each row would cost more than the row: a quarter of the rows goes at a time.
    if (this.#bytes > this.#limitBytes * 1.25) this.#dropOldest();
  }

  /** Rows after a cursor that is not before `from`, oldest first. */
  rowsAfter(after: Cursor): LogRow[] {
    return this.#rows.slice(indexAfter(this.#rows, after, (row) => row.last));
  }

  /** Frames in memory of a room after `after` and up to `upTo`, oldest first. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    const frames = this.#byRoom.get(room) ?? [];
    for (let index = indexAfter(frames, after, cursorOf); index < frames.length; index += 1) {
      const frame = frames[index];
      if (frame === undefined || frame.cursor > upTo) return;
      yield frame;
    }
  }

  /** All frames in memory of a room, oldest first. */
  allOf(room: RoomId): readonly LogFrame[] {
    return this.#byRoom.get(room) ?? [];
  }

  /** The frames of a room have moved to another place: they leave their rows, which stay. */
  takeOut(room: RoomId): void {
    const frames = this.#byRoom.get(room);
    if (frames === undefined) return;
    this.#byRoom.delete(room);
    const [{ cursor: oldest } = { cursor: 0 as Cursor }] = frames;
    for (
      let index = indexAfter(this.#rows, (oldest - 1) as Cursor, (row) => row.last);
      index < this.#rows.length;
      index += 1
    ) {
      const row = this.#rows[index];
      if (row === undefined || !row.parts.some((part) => part.room === room)) continue;
      const { row: rest } = withoutRoom(row, room);
      this.#rows[index] = rest;
      this.#bytes += bytesOf(rest) - bytesOf(row);
    }
  }

  /** Rows up to here are in the log no more. */
  dropThrough(through: Cursor): void {
    this.#drop(indexAfter(this.#rows, through, (row) => row.last));
    if (through > this.#from) this.#from = through;
  }

  #dropOldest(): void {
    let bytes = this.#bytes;
    let rows = 0;
    // The newest row stays, however long it is.
    for (; bytes > this.#limitBytes && rows < this.#rows.length - 1; rows += 1) {
      const row = this.#rows[rows];
      if (row !== undefined) bytes -= bytesOf(row);
    }
    this.#drop(rows);
  }

  #drop(rows: number): void {
    const framesOf = new Map<RoomId, number>();
    for (const row of this.#rows.splice(0, rows)) {
      for (const { room, frames } of row.parts) {
        framesOf.set(room, (framesOf.get(room) ?? 0) + frames.length);
      }
      this.#bytes -= bytesOf(row);
      this.#from = row.last;
    }
    for (const [room, count] of framesOf) {
      const list = this.#byRoom.get(room);
      if (list === undefined || list.length <= count) this.#byRoom.delete(room);
      else list.splice(0, count);
    }
  }
}

function bytesOf({ bytes, parts }: LogRow): number {
  let frames = 0;
  for (const part of parts) frames += part.frames.length;
  return ROW_BYTES + bytes + frames * FRAME_BYTES;
}

function cursorOf(frame: LogFrame): Cursor {
  return frame.cursor;
}

/** Index of the first whose cursor is after `after`. */
function indexAfter<Item>(
  items: readonly Item[],
  after: Cursor,
  cursorOfItem: (item: Item) => Cursor,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && cursorOfItem(item) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
