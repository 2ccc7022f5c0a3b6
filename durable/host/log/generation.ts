import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import type { SqlPort } from "../../room/sql-port.ts";
import type { KeyBlock, KeyRow } from "./keys/kept-keys.ts";
import { BlockTable } from "./rows/block-table.ts";
import { BLOCK_ROWS, type Block, ClosedBlock, OpenBlock } from "./rows/blocks.ts";
import {
  type LogFrame,
  type LogRow,
  type RoomId,
  type WrittenRow,
  withoutRoom,
} from "./rows/log-row.ts";
import { LogTable, type RowHead } from "./rows/log-table.ts";
import { RoomSet } from "./rows/room-set.ts";

/** About so much text is read at once. */
const READ_BYTES = 1024 * 1024;

/** After every cursor. */
const LAST = Number.MAX_SAFE_INTEGER as Cursor;

/**
 * A piece of the log in tables of its own, so that dropping it writes no row: `log_N` with its rows, `blocks_N` with one row for
 * each 64 of them. Its blocks are known by heart, so that whoever looks for a room reads rows near it alone.
 */
export class Generation {
  readonly number: number;
  readonly #log: LogTable;
  readonly #table: BlockTable;
  readonly #blocks: ClosedBlock[];
  #open: OpenBlock | null = null;
  readonly #totals = { events: 0, bytes: 0 };

  private constructor(number: number, log: LogTable, table: BlockTable, blocks: ClosedBlock[]) {
    this.number = number;
    this.#log = log;
    this.#table = table;
    this.#blocks = blocks;
    for (const { events, bytes } of blocks) {
      this.#totals.events += events;
      this.#totals.bytes += bytes;
    }
  }

  static begin(sql: SqlPort, number: number): Generation {
    const log = LogTable.make(sql, `log_${number}`);
    return new Generation(number, log, BlockTable.make(sql, `blocks_${number}`), []);
  }

  /** Reads its blocks, and the heads of the rows that are in none. `hashesOf`: of the keys of a row. */
  static open(sql: SqlPort, number: number, hashesOf: (keys: string) => string): Generation {
    const log = LogTable.open(sql, `log_${number}`);
    const table = new BlockTable(sql, `blocks_${number}`);
    const generation = new Generation(number, log, table, table.read());
    for (const { head, keys } of log.headsWithKeys(generation.last ?? CURSOR_ORIGIN)) {
      generation.#count(head, keys === null ? "" : hashesOf(keys));
    }
    return generation;
  }

  get events(): number {
    return this.#totals.events;
  }
  get bytes(): number {
    return this.#totals.bytes;
  }
  /** Cursor of the newest row; null where it has none. */
  get last(): Cursor | null {
    return this.#open?.last ?? this.#blocks.at(-1)?.last ?? null;
  }

  /** Blocks with rows after a cursor, oldest first; the last one may not be closed yet. */
  *blocksAfter(after: Cursor): Generator<Block> {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.last ?? 0) > after) high = middle;
      else low = middle + 1;
    }
    for (; low < this.#blocks.length; low += 1) {
      const block = this.#blocks[low];
      if (block !== undefined) yield block;
    }
    if (this.#open !== null && this.#open.last > after) yield this.#open;
  }

  append(written: WrittenRow, stored: Cursor, keys: { text: string; hashes: string } | null): void {
    this.#log.insert(written, stored, keys?.text ?? null);
    this.#count(written.row, keys?.hashes ?? "");
    if (this.#open?.rows === BLOCK_ROWS) this.closeBlock();
  }

  /** Makes a block of the newest rows, however few they are. */
  closeBlock(): void {
    if (this.#open === null) return;
    this.#blocks.push(this.#table.insert(this.#open));
    this.#open = null;
  }

  /** What the newest row says of the outbox's position; null where there is no row after `after`. */
  storedAfter(after: Cursor): Cursor | null {
    return this.#log.storedAfter(after);
  }

  /** Text of the rows after a cursor. */
  bytesAfter(after: Cursor): number {
    let bytes = 0;
    for (const block of this.blocksAfter(after)) {
      bytes += block.first > after ? block.bytes : this.#log.bytes(after, block.last);
    }
    return bytes;
  }

  /** How many rows somebody would look at who reads on from a cursor: those of all blocks behind it. */
  rowsAfter(after: Cursor): number {
    let rows = 0;
    for (const block of this.blocksAfter(after)) rows += block.rows;
    return rows;
  }

  /** Heads of the first so many rows after `after` and up to `upTo`, oldest first. */
  heads(after: Cursor, upTo: Cursor, limit: number): RowHead[] {
    return this.#log.heads(after, upTo, limit);
  }

  /** The same of all rows that have a room, with that room's part alone. */
  headsOf(room: RoomId, after: Cursor, upTo: Cursor): RowHead[] {
    return this.#log.headsOf(room, after, upTo);
  }

  /** Whole rows of a range, oldest first. */
  rows(after: Cursor, upTo: Cursor): LogRow[] {
    return this.#log.rows(after, upTo);
  }

  /**
   * The newest rows up to `upTo` that have one of these rooms, the newest first: of one block, and about so much text. `after`: all
   * behind it are among them. Null where there are none.
   */
  rowsBack(
    upTo: Cursor,
    rooms: ReadonlySet<RoomId>,
    bytes: number,
  ): { rows: LogRow[]; after: Cursor } | null {
    const block = this.#blockBack(upTo, rooms);
    if (block === null) return null;
    const rows: LogRow[] = [];
    let read = 0;
    for (const head of this.#headsWith(block, rooms, (block.first - 1) as Cursor, upTo)) {
      rows.push(...this.rows((head.last - 1) as Cursor, head.last));
      read += head.bytes;
      if (read >= bytes) return { rows, after: (head.first - 1) as Cursor };
    }
    return { rows, after: (block.first - 1) as Cursor };
  }

  /**
   * The heads of the newest block with rows after `after` and up to `upTo` that have one of these rooms, the newest first; `after`:
   * all such rows behind it are among them. Null where there are none.
   */
  headsBack(
    upTo: Cursor,
    rooms: ReadonlySet<RoomId>,
    after: Cursor,
  ): { heads: RowHead[]; after: Cursor } | null {
    const block = this.#blockBack(upTo, rooms);
    if (block === null || block.last <= after) return null;
    const from = Math.max(after, block.first - 1) as Cursor;
    return { heads: this.#headsWith(block, rooms, from, upTo), after: from };
  }

  /** Frames of a room in the rows of a range, oldest first: of blocks that have the room, and of rows that have it. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    for (const block of this.#blocksWith(room, after, upTo)) {
      const from = Math.max(after, block.first - 1) as Cursor;
      const rowsAtOnce = Math.max(1, Math.floor((READ_BYTES * block.rows) / (block.bytes + 1)));
      for (const frame of this.#log.framesOf(room, from, block.last, rowsAtOnce)) {
        if (frame.cursor > upTo) return;
        if (frame.cursor > after) yield frame;
      }
    }
  }

  /**
   * Where the newest frames of a room up to `upTo` begin that together hold `events`, or all it has here; and how many events
   * they hold. Null where there are none.
   */
  beginOfNewest(
    room: RoomId,
    upTo: Cursor,
    events: number,
  ): { cursor: Cursor; events: number } | null {
    let found: { cursor: Cursor; events: number } | null = null;
    for (const block of [...this.#blocksWith(room, CURSOR_ORIGIN, upTo)].reverse()) {
      const end = Math.min(block.last, upTo) as Cursor;
      const heads = this.headsOf(room, (block.first - 1) as Cursor, end);
      for (const { parts } of heads.reverse()) {
        for (const { first, counts } of parts) {
          for (let index = counts.length - 1; index >= 0; index -= 1) {
            const held: number = (found?.events ?? 0) + (counts[index] ?? 0);
            found = { cursor: (first + index) as Cursor, events: held };
            if (held >= events) return found;
          }
        }
      }
    }
    return found;
  }

  /** Every room that has frames in it. */
  rooms(): Set<RoomId> {
    const rooms = new Set<RoomId>();
    for (const block of this.blocksAfter(CURSOR_ORIGIN)) {
      for (const room of block.rooms) rooms.add(room);
    }
    return rooms;
  }

  /** Takes the frames of a room out of their rows, which stay, and gives both, oldest first. */
  takeOut(room: RoomId): { row: LogRow; rest: LogRow }[] {
    const taken: { row: LogRow; rest: LogRow }[] = [];
    for (const block of this.#blocksWith(room, CURSOR_ORIGIN, LAST)) {
      for (const { last } of this.headsOf(room, (block.first - 1) as Cursor, block.last)) {
        for (const row of this.rows((last - 1) as Cursor, last)) {
          const written = withoutRoom(row, room);
          this.#log.rewrite(written);
          for (const holder of [block, this.#totals]) {
            holder.events -= row.events - written.row.events;
            holder.bytes -= row.bytes - written.row.bytes;
          }
          taken.push({ row, rest: written.row });
        }
      }
      if (block instanceof OpenBlock) block.rooms.delete(room);
      if (block instanceof ClosedBlock) {
        block.rooms = RoomSet.of([...block.rooms].filter((other) => other !== room));
        this.#table.rewrite(block);
      }
    }
    return taken;
  }

  /** Rows with idempotency keys of the block that a cursor is in, oldest first. */
  keysAround(cursor: Cursor): KeyRow[] {
    const [block] = this.blocksAfter((cursor - 1) as Cursor);
    if (block === undefined) return [];
    return this.#log.keyRows((block.first - 1) as Cursor, block.last);
  }

  /** Blocks with idempotency keys after a cursor, oldest first. */
  *keyBlocks(after: Cursor): Generator<KeyBlock> {
    yield* this.#table.keyed(after);
    const open = this.#open;
    if (open?.isKeyed === true && open.last > after) {
      yield { first: open.first, last: open.last, hashes: open.keyHashes };
    }
  }

  drop(): void {
    this.#log.drop();
    this.#table.drop();
  }

  /** The newest block that begins at `upTo` or before and has one of these rooms. */
  #blockBack(upTo: Cursor, rooms: ReadonlySet<RoomId>): Block | null {
    const open = this.#open;
    if (open !== null && open.first <= upTo && hasAny(open.rooms, rooms)) return open;
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.first ?? 0) > upTo) high = middle;
      else low = middle + 1;
    }
    for (let at = low - 1; at >= 0; at -= 1) {
      const block = this.#blocks[at];
      if (block !== undefined && hasAny(block.rooms, rooms)) return block;
    }
    return null;
  }

  /** Heads of a block's rows after `after` and up to `upTo` that have one of these rooms, the newest first. */
  #headsWith(block: Block, rooms: ReadonlySet<RoomId>, after: Cursor, upTo: Cursor): RowHead[] {
    return this.heads(after, Math.min(block.last, upTo) as Cursor, block.rows)
      .filter(({ parts }) => parts.some(({ room }) => rooms.has(room)))
      .reverse();
  }

  *#blocksWith(room: RoomId, after: Cursor, upTo: Cursor): Generator<Block> {
    for (const block of this.blocksAfter(after)) {
      if (block.first > upTo) return;
      if (block.rooms.has(room)) yield block;
    }
  }

  #count(row: RowHead | LogRow, keyHashes: string): void {
    this.#open ??= new OpenBlock(row.first);
    this.#open.add(row, row.parts, keyHashes);
    this.#totals.events += row.events;
    this.#totals.bytes += row.bytes;
  }
}

function hasAny(rooms: Block["rooms"], wanted: ReadonlySet<RoomId>): boolean {
  for (const room of wanted) if (rooms.has(room)) return true;
  return false;
}
