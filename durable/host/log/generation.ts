import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import { numberOf, type SqlCell, type SqlPort, textOf } from "../../room/sql-port.ts";
import { BLOCK_ROWS, type Block, ClosedBlock, OpenBlock } from "./blocks.ts";
import type { KeyBlock, KeyRow } from "./kept-keys.ts";
import {
  framesOfPart,
  type HeadPart,
  type LogFrame,
  type LogRow,
  markOf,
  parseHead,
  partsOf,
  type RoomId,
  rangeOfPart,
  type WrittenRow,
  withoutRoom,
} from "./log-row.ts";
import { RoomSet } from "./room-set.ts";

/** About so much text is read at once. */
const READ_BYTES = 1024 * 1024;

/** After every cursor. */
const LAST = Number.MAX_SAFE_INTEGER as Cursor;

/** A row without its texts. */
export interface RowHead extends Omit<LogRow, "parts"> {
  parts: readonly HeadPart[];
}

/**
 * A piece of the log in tables of its own, so that dropping it writes no row: `log_N` with its rows, `blocks_N` with one row for
 * each 64 of them. The texts of a row are its last column, so that whoever looks at heads reads none.
 */
export class Generation {
  readonly number: number;
  readonly #sql: SqlPort;
  readonly #log: string;
  readonly #blocksTable: string;
  /** False where the version before began it. */
  readonly #hasLengths: boolean;
  readonly #blocks: ClosedBlock[] = [];
  #open: OpenBlock | null = null;
  readonly #totals = { events: 0, bytes: 0 };

  private constructor(sql: SqlPort, number: number, hasLengths: boolean) {
    this.#hasLengths = hasLengths;
    this.#sql = sql;
    this.number = number;
    this.#log = `log_${number}`;
    this.#blocksTable = `blocks_${number}`;
  }

  static begin(sql: SqlPort, number: number): Generation {
    sql.exec(`CREATE TABLE log_${number} (
      cursor INTEGER PRIMARY KEY, first INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
      stored INTEGER NOT NULL, head TEXT NOT NULL, keys TEXT, lengths TEXT, frames TEXT NOT NULL)`);
    sql.exec(`CREATE TABLE blocks_${number} (
      last INTEGER PRIMARY KEY, first INTEGER NOT NULL, rows INTEGER NOT NULL, events INTEGER NOT NULL,
      bytes INTEGER NOT NULL, rooms TEXT NOT NULL, key_hashes TEXT NOT NULL)`);
    return new Generation(sql, number, true);
  }

  /** Reads its blocks, and the heads of the rows that are in none. `hashesOf`: of the keys of a row. */
  static open(sql: SqlPort, number: number, hashesOf: (keys: string) => string): Generation {
    const [table] = [...sql.exec("SELECT sql FROM sqlite_master WHERE name = ?", `log_${number}`)];
    const hasLengths = textOf(table?.["sql"]).includes("lengths");
    const generation = new Generation(sql, number, hasLengths);
    const columns = "first, last, rows, events, bytes, rooms, key_hashes <> '' AS keyed";
    for (const row of sql.exec(`SELECT ${columns} FROM blocks_${number} ORDER BY last`)) {
      const block = {
        first: numberOf(row["first"]) as Cursor,
        last: numberOf(row["last"]) as Cursor,
        rows: numberOf(row["rows"]),
        events: numberOf(row["events"]),
        bytes: numberOf(row["bytes"]),
        isKeyed: row["keyed"] === 1,
      };
      generation.#blocks.push(new ClosedBlock(block, RoomSet.parse(textOf(row["rooms"]))));
      generation.#totals.events += block.events;
      generation.#totals.bytes += block.bytes;
    }
    const tail = sql.exec(
      `SELECT cursor, first, events, bytes, head, keys FROM log_${number} WHERE cursor > ? ORDER BY cursor`,
      generation.#blocks.at(-1)?.last ?? 0,
    );
    for (const row of tail) {
      const { parts, ...range } = headOfRow(row);
      const keys = row["keys"] ?? null;
      generation.#count(range, parts, keys === null ? "" : hashesOf(textOf(keys)));
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

  append(
    { row, head, texts, lengths }: WrittenRow,
    stored: Cursor,
    keys: { text: string; hashes: string } | null,
  ): void {
    const column = this.#hasLengths ? ", lengths" : "";
    this.#sql.exec(
      `INSERT INTO ${this.#log} (cursor, first, events, bytes, stored, head, keys, frames${column}) VALUES (?, ?, ?, ?, ?, ?, ?, ?${column && ", ?"})`,
      ...[row.last, row.first, row.events, row.bytes, stored, head, keys?.text ?? null, texts],
      ...this.#lengthsIn(lengths),
    );
    this.#count(row, row.parts, keys?.hashes ?? "");
    if (this.#open?.rows === BLOCK_ROWS) this.closeBlock();
  }

  /** Makes a block of the newest rows, however few they are. */
  closeBlock(): void {
    const open = this.#open;
    if (open === null) return;
    const rooms = RoomSet.of(open.rooms);
    this.#sql.exec(
      `INSERT INTO ${this.#blocksTable} (last, first, rows, events, bytes, rooms, key_hashes) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[open.last, open.first, open.rows, open.events, open.bytes],
      ...[rooms.toText(), open.keyHashes],
    );
    this.#blocks.push(new ClosedBlock(open, rooms));
    this.#open = null;
  }

  /** What the newest row says of the outbox's position; null where there is no row after `after`. */
  storedAfter(after: Cursor): Cursor | null {
    const [row] = this.#all(
      `SELECT stored FROM ${this.#log} WHERE cursor > ? ORDER BY cursor DESC LIMIT 1`,
      after,
    );
    return row === undefined ? null : (numberOf(row["stored"]) as Cursor);
  }

  /** Text of the rows after a cursor. */
  bytesAfter(after: Cursor): number {
    let bytes = 0;
    for (const block of this.blocksAfter(after)) {
      if (block.first > after) bytes += block.bytes;
      else {
        const [row] = this.#all(
          `SELECT coalesce(sum(bytes), 0) AS bytes FROM ${this.#log} WHERE cursor > ? AND cursor <= ?`,
          after,
          block.last,
        );
        bytes += numberOf(row?.["bytes"]);
      }
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
    const rows = this.#sql.exec(
      `SELECT cursor, first, events, bytes, head FROM ${this.#log} WHERE cursor > ? AND cursor <= ? ORDER BY cursor LIMIT ?`,
      ...[after, upTo, limit],
    );
    return Array.from(rows, (row) => headOfRow(row));
  }

  /** The same of all rows that have a room, with that room's part alone. */
  headsOf(room: RoomId, after: Cursor, upTo: Cursor): RowHead[] {
    const rows = this.#sql.exec(
      `SELECT cursor, first, events, bytes, head FROM ${this.#log} WHERE cursor > ? AND cursor <= ? AND instr(head, ?) > 0 ORDER BY cursor`,
      ...[after, upTo, markOf(room)],
    );
    return Array.from(rows, (row) => headOfRow(row, room));
  }

  /** Whole rows of a range, oldest first. */
  rows(after: Cursor, upTo: Cursor): LogRow[] {
    const rows = this.#sql.exec(
      `SELECT cursor, first, events, bytes, head, frames FROM ${this.#log} WHERE cursor > ? AND cursor <= ? ORDER BY cursor`,
      ...[after, upTo],
    );
    return Array.from(rows, parseRow);
  }

  /** Frames of a room in the rows of a range, oldest first: of blocks that have the room, and of rows that have it. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor): Generator<LogFrame> {
    for (const block of this.#blocksWith(room, after, upTo)) {
      const limit = Math.max(1, Math.floor((READ_BYTES * block.rows) / (block.bytes + 1)));
      let position = after;
      for (;;) {
        const rows = [
          ...this.#sql.exec(
            `SELECT cursor, first, head, ${this.#wholeOrLengths} FROM ${this.#log} WHERE cursor > ? AND cursor <= ? AND instr(head, ?) > 0 ORDER BY cursor LIMIT ?`,
            ...[Math.max(position, block.first - 1), block.last, markOf(room), limit],
          ),
        ];
        for (const row of rows) {
          const first = numberOf(row["first"]) as Cursor;
          position = numberOf(row["cursor"]) as Cursor;
          for (const part of parseHead(textOf(row["head"]), first, room)) {
            for (const frame of this.#framesIn(row, part)) {
              if (frame.cursor > upTo) return;
              if (frame.cursor > after) yield frame;
            }
          }
        }
        if (rows.length < limit || position > upTo) break;
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
          const { row: rest, head, texts, lengths } = withoutRoom(row, room);
          this.#sql.exec(
            `UPDATE ${this.#log} SET events = ?, bytes = ?, head = ?, frames = ?${this.#hasLengths ? ", lengths = ?" : ""} WHERE cursor = ?`,
            ...[rest.events, rest.bytes, head, texts, ...this.#lengthsIn(lengths), last],
          );
          for (const holder of [block, this.#totals]) {
            holder.events -= row.events - rest.events;
            holder.bytes -= row.bytes - rest.bytes;
          }
          taken.push({ row, rest });
        }
      }
      if (block instanceof OpenBlock) block.rooms.delete(room);
      if (block instanceof ClosedBlock) this.#rewrite(block, room);
    }
    return taken;
  }

  /** Rows with idempotency keys of the block that a cursor is in, oldest first. */
  keysAround(cursor: Cursor): KeyRow[] {
    const [block] = this.blocksAfter((cursor - 1) as Cursor);
    if (block === undefined) return [];
    const rows = this.#sql.exec(
      `SELECT cursor, keys FROM ${this.#log} WHERE cursor >= ? AND cursor <= ? AND keys IS NOT NULL ORDER BY cursor`,
      ...[block.first, block.last],
    );
    return Array.from(rows, (row) => ({
      cursor: numberOf(row["cursor"]) as Cursor,
      keys: textOf(row["keys"]),
    }));
  }

  /** Blocks with idempotency keys after a cursor, oldest first. */
  *keyBlocks(after: Cursor): Generator<KeyBlock> {
    const closed = this.#sql.exec(
      `SELECT first, last, key_hashes FROM ${this.#blocksTable} WHERE last > ? AND key_hashes <> '' ORDER BY last`,
      after,
    );
    for (const row of closed) {
      yield {
        first: numberOf(row["first"]) as Cursor,
        last: numberOf(row["last"]) as Cursor,
        hashes: textOf(row["key_hashes"]),
      };
    }
    const open = this.#open;
    if (open?.isKeyed === true && open.last > after) {
      yield { first: open.first, last: open.last, hashes: open.keyHashes };
    }
  }

  drop(): void {
    this.#sql.exec(`DROP TABLE ${this.#log}`);
    this.#sql.exec(`DROP TABLE ${this.#blocksTable}`);
  }

  *#blocksWith(room: RoomId, after: Cursor, upTo: Cursor): Generator<Block> {
    for (const block of this.blocksAfter(after)) {
      if (block.first > upTo) return;
      if (block.rooms.has(room)) yield block;
    }
  }

  #lengthsIn(lengths: string | null): (string | null)[] {
    return this.#hasLengths ? [lengths] : [];
  }

  get #wholeOrLengths(): string {
    return this.#hasLengths
      ? "lengths, CASE WHEN lengths IS NULL THEN frames END AS frames"
      : "frames";
  }

  /** Of a wide row the part alone is read. */
  #framesIn(row: SqlRow, part: HeadPart): LogFrame[] {
    const lengths = row["lengths"] ?? null;
    if (lengths === null) return framesOfPart(part, textOf(row["frames"]));
    const { at, length } = rangeOfPart(part, textOf(lengths));
    // As bytes SQLite finds it at once; of text it would count the characters before it.
    const [found] = this.#all(
      `SELECT CAST(substr(CAST(frames AS BLOB), ?, ?) AS TEXT) AS texts FROM ${this.#log} WHERE cursor = ?`,
      ...[at + 1, length, numberOf(row["cursor"])],
    );
    return framesOfPart(part, textOf(found?.["texts"]), false);
  }

  /** Reads to the end: a table that is still being read cannot be dropped. */
  #all(query: string, ...bindings: number[]): SqlRow[] {
    return [...this.#sql.exec(query, ...bindings)];
  }

  #rewrite(block: ClosedBlock, without: RoomId): void {
    block.rooms = RoomSet.of([...block.rooms].filter((room) => room !== without));
    this.#sql.exec(
      `UPDATE ${this.#blocksTable} SET events = ?, bytes = ?, rooms = ? WHERE last = ?`,
      ...[block.events, block.bytes, block.rooms.toText(), block.last],
    );
  }

  #count(row: Omit<LogRow, "parts">, parts: readonly { room: RoomId }[], keyHashes: string): void {
    this.#open ??= new OpenBlock(row.first);
    this.#open.add(row, parts, keyHashes);
    this.#totals.events += row.events;
    this.#totals.bytes += row.bytes;
  }
}

type SqlRow = Record<string, SqlCell>;

function rangeOf(row: SqlRow): Omit<LogRow, "parts"> {
  return {
    first: numberOf(row["first"]) as Cursor,
    last: numberOf(row["cursor"]) as Cursor,
    events: numberOf(row["events"]),
    bytes: numberOf(row["bytes"]),
  };
}

function headOfRow(row: SqlRow, room?: RoomId): RowHead {
  const range = rangeOf(row);
  return { ...range, parts: parseHead(textOf(row["head"]), range.first, room) };
}

function parseRow(row: SqlRow): LogRow {
  const range = rangeOf(row);
  return { ...range, parts: partsOf(textOf(row["head"]), range.first, textOf(row["frames"])) };
}
