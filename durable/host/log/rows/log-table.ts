import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { numberOf, type SqlCell, type SqlPort, textOf } from "../../../room/sql-port.ts";
import type { KeyRow } from "../keys/kept-keys.ts";
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
} from "./log-row.ts";

/** A row without its texts. */
export interface RowHead extends Omit<LogRow, "parts"> {
  parts: readonly HeadPart[];
}

type SqlRow = Record<string, SqlCell>;

const RANGE = "cursor, first, events, bytes";

/**
 * The rows of one generation of the log, by cursor. The texts of a row are its last column, so that whoever looks at heads reads
 * none. All ranges are of cursors: after the first of the two, and up to the second.
 */
export class LogTable {
  readonly #sql: SqlPort;
  readonly #name: string;
  /** False where the version before made the table. */
  readonly #hasLengths: boolean;

  private constructor(sql: SqlPort, name: string, hasLengths: boolean) {
    this.#sql = sql;
    this.#name = name;
    this.#hasLengths = hasLengths;
  }

  static make(sql: SqlPort, name: string): LogTable {
    sql.exec(`CREATE TABLE ${name} (
      cursor INTEGER PRIMARY KEY, first INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
      stored INTEGER NOT NULL, head TEXT NOT NULL, keys TEXT, lengths TEXT, frames TEXT NOT NULL)`);
    return new LogTable(sql, name, true);
  }

  static open(sql: SqlPort, name: string): LogTable {
    const [table] = [...sql.exec("SELECT sql FROM sqlite_master WHERE name = ?", name)];
    return new LogTable(sql, name, textOf(table?.["sql"]).includes("lengths"));
  }

  insert({ row, head, texts, lengths }: WrittenRow, stored: Cursor, keys: string | null): void {
    const column = this.#hasLengths ? ", lengths" : "";
    this.#sql.exec(
      `INSERT INTO ${this.#name} (${RANGE}, stored, head, keys, frames${column}) VALUES (?, ?, ?, ?, ?, ?, ?, ?${column && ", ?"})`,
      ...[row.last, row.first, row.events, row.bytes, stored, head, keys, texts],
      ...this.#lengthsIn(lengths),
    );
  }

  /** Writes a row anew at its place. */
  rewrite({ row, head, texts, lengths }: WrittenRow): void {
    this.#sql.exec(
      `UPDATE ${this.#name} SET events = ?, bytes = ?, head = ?, frames = ?${this.#hasLengths ? ", lengths = ?" : ""} WHERE cursor = ?`,
      ...[row.events, row.bytes, head, texts, ...this.#lengthsIn(lengths), row.last],
    );
  }

  drop(): void {
    this.#sql.exec(`DROP TABLE ${this.#name}`);
  }

  /** What the newest row says of the outbox's position; null where there is no row after `after`. */
  storedAfter(after: Cursor): Cursor | null {
    const [row] = this.#all(
      `SELECT stored FROM ${this.#name} WHERE cursor > ? ORDER BY cursor DESC LIMIT 1`,
      after,
    );
    return row === undefined ? null : (numberOf(row["stored"]) as Cursor);
  }

  bytes(after: Cursor, upTo: Cursor): number {
    const [row] = this.#all(
      `SELECT coalesce(sum(bytes), 0) AS bytes FROM ${this.#name} WHERE cursor > ? AND cursor <= ?`,
      ...[after, upTo],
    );
    return numberOf(row?.["bytes"]);
  }

  /** Heads of the first so many rows of a range, oldest first. */
  heads(after: Cursor, upTo: Cursor, limit: number): RowHead[] {
    const rows = this.#sql.exec(
      `SELECT ${RANGE}, head FROM ${this.#name} WHERE cursor > ? AND cursor <= ? ORDER BY cursor LIMIT ?`,
      ...[after, upTo, limit],
    );
    return Array.from(rows, (row) => headOf(row));
  }

  /** The same of all rows that have a room, with that room's part alone. */
  headsOf(room: RoomId, after: Cursor, upTo: Cursor): RowHead[] {
    const rows = this.#sql.exec(
      `SELECT ${RANGE}, head FROM ${this.#name} WHERE cursor > ? AND cursor <= ? AND instr(head, ?) > 0 ORDER BY cursor`,
      ...[after, upTo, markOf(room)],
    );
    return Array.from(rows, (row) => headOf(row, room));
  }

  /** Heads of the rows after a cursor, oldest first, each with the text of its keys. */
  headsWithKeys(after: Cursor): { head: RowHead; keys: string | null }[] {
    const rows = this.#sql.exec(
      `SELECT ${RANGE}, head, keys FROM ${this.#name} WHERE cursor > ? ORDER BY cursor`,
      after,
    );
    return Array.from(rows, (row) => {
      const keys = row["keys"] ?? null;
      return { head: headOf(row), keys: keys === null ? null : textOf(keys) };
    });
  }

  /** Whole rows of a range, oldest first. */
  rows(after: Cursor, upTo: Cursor): LogRow[] {
    const rows = this.#sql.exec(
      `SELECT ${RANGE}, head, frames FROM ${this.#name} WHERE cursor > ? AND cursor <= ? ORDER BY cursor`,
      ...[after, upTo],
    );
    return Array.from(rows, (row) => {
      const range = rangeOf(row);
      return { ...range, parts: partsOf(textOf(row["head"]), range.first, textOf(row["frames"])) };
    });
  }

  /** Rows with idempotency keys of a range, oldest first. */
  keyRows(after: Cursor, upTo: Cursor): KeyRow[] {
    const rows = this.#sql.exec(
      `SELECT cursor, keys FROM ${this.#name} WHERE cursor > ? AND cursor <= ? AND keys IS NOT NULL ORDER BY cursor`,
      ...[after, upTo],
    );
    return Array.from(rows, (row) => ({
      cursor: numberOf(row["cursor"]) as Cursor,
      keys: textOf(row["keys"]),
    }));
  }

  /** Frames of a room in the rows of a range, oldest first; so many rows are read at once. */
  *framesOf(room: RoomId, after: Cursor, upTo: Cursor, rowsAtOnce: number): Generator<LogFrame> {
    const texts = this.#hasLengths
      ? "lengths, CASE WHEN lengths IS NULL THEN frames END AS frames"
      : "frames";
    for (let position = after; ; ) {
      const rows = this.#all(
        `SELECT cursor, first, head, ${texts} FROM ${this.#name} WHERE cursor > ? AND cursor <= ? AND instr(head, ?) > 0 ORDER BY cursor LIMIT ?`,
        ...[position, upTo, markOf(room), rowsAtOnce],
      );
      for (const row of rows) {
        const first = numberOf(row["first"]) as Cursor;
        position = numberOf(row["cursor"]) as Cursor;
        for (const part of parseHead(textOf(row["head"]), first, room)) {
          yield* this.#framesIn(row, part);
        }
      }
      if (rows.length < rowsAtOnce) return;
    }
  }

  /** Of a wide row the part alone is read. */
  #framesIn(row: SqlRow, part: HeadPart): LogFrame[] {
    const lengths = row["lengths"] ?? null;
    if (lengths === null) return framesOfPart(part, textOf(row["frames"]));
    const { at, length } = rangeOfPart(part, textOf(lengths));
    // As bytes SQLite finds it at once; of text it would count the characters before it.
    const [found] = this.#all(
      `SELECT CAST(substr(CAST(frames AS BLOB), ?, ?) AS TEXT) AS texts FROM ${this.#name} WHERE cursor = ?`,
      ...[at + 1, length, numberOf(row["cursor"])],
    );
    return framesOfPart(part, textOf(found?.["texts"]), false);
  }

  #lengthsIn(lengths: string | null): (string | null)[] {
    return this.#hasLengths ? [lengths] : [];
  }

  /** Reads to the end: a table that is still being read cannot be dropped. */
  #all(query: string, ...bindings: (string | number)[]): SqlRow[] {
    return [...this.#sql.exec(query, ...bindings)];
  }
}

function rangeOf(row: SqlRow): Omit<LogRow, "parts"> {
  return {
    first: numberOf(row["first"]) as Cursor,
    last: numberOf(row["cursor"]) as Cursor,
    events: numberOf(row["events"]),
    bytes: numberOf(row["bytes"]),
  };
}

function headOf(row: SqlRow, room?: RoomId): RowHead {
  const range = rangeOf(row);
  return { ...range, parts: parseHead(textOf(row["head"]), range.first, room) };
}
