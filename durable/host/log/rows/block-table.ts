import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { numberOf, type SqlPort, textOf } from "../../../room/sql-port.ts";
import type { KeyBlock } from "../keys/kept-keys.ts";
import { ClosedBlock, type OpenBlock } from "./blocks.ts";
import { RoomSet } from "./room-set.ts";

/** The closed blocks of one generation of the log: one row for each. */
export class BlockTable {
  readonly #sql: SqlPort;
  readonly #name: string;

  constructor(sql: SqlPort, name: string) {
    this.#sql = sql;
    this.#name = name;
  }

  static make(sql: SqlPort, name: string): BlockTable {
    sql.exec(`CREATE TABLE ${name} (
      last INTEGER PRIMARY KEY, first INTEGER NOT NULL, rows INTEGER NOT NULL, events INTEGER NOT NULL,
      bytes INTEGER NOT NULL, rooms TEXT NOT NULL, key_hashes TEXT NOT NULL)`);
    return new BlockTable(sql, name);
  }

  /** All of them, oldest first. */
  read(): ClosedBlock[] {
    const columns = "first, last, rows, events, bytes, rooms, key_hashes <> '' AS keyed";
    const rows = this.#sql.exec(`SELECT ${columns} FROM ${this.#name} ORDER BY last`);
    return Array.from(rows, (row) => {
      const block = {
        first: numberOf(row["first"]) as Cursor,
        last: numberOf(row["last"]) as Cursor,
        rows: numberOf(row["rows"]),
        events: numberOf(row["events"]),
        bytes: numberOf(row["bytes"]),
        isKeyed: row["keyed"] === 1,
      };
      return new ClosedBlock(block, RoomSet.parse(textOf(row["rooms"])));
    });
  }

  /** Closes a block. */
  insert(open: OpenBlock): ClosedBlock {
    const rooms = RoomSet.of(open.rooms);
    this.#sql.exec(
      `INSERT INTO ${this.#name} (last, first, rows, events, bytes, rooms, key_hashes) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[open.last, open.first, open.rows, open.events, open.bytes],
      ...[rooms.toText(), open.keyHashes],
    );
    return new ClosedBlock(open, rooms);
  }

  rewrite(block: ClosedBlock): void {
    this.#sql.exec(
      `UPDATE ${this.#name} SET events = ?, bytes = ?, rooms = ? WHERE last = ?`,
      ...[block.events, block.bytes, block.rooms.toText(), block.last],
    );
  }

  /** Blocks with idempotency keys after a cursor, oldest first. */
  *keyed(after: Cursor): Generator<KeyBlock> {
    const rows = this.#sql.exec(
      `SELECT first, last, key_hashes FROM ${this.#name} WHERE last > ? AND key_hashes <> '' ORDER BY last`,
      after,
    );
    for (const row of rows) {
      yield {
        first: numberOf(row["first"]) as Cursor,
        last: numberOf(row["last"]) as Cursor,
        hashes: textOf(row["key_hashes"]),
      };
    }
  }

  drop(): void {
    this.#sql.exec(`DROP TABLE ${this.#name}`);
  }
}
