import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { numberOf, type SqlPort, textOf } from "../../../room/sql-port.ts";
import { MAX_ROW_CHARS } from "../rows/log-row.ts";
import { KeyIndex } from "./key-index.ts";
import { hashOf, parseKeys, type RowKeys, readHashes } from "./key-text.ts";

/** How long an `Idempotency-Key` is remembered. */
const KEPT_US = 86_400_000_000;

/** A row of the log that has keys. */
export interface KeyRow {
  cursor: Cursor;
  keys: string;
}

/** A block of the log that has keys. */
export interface KeyBlock {
  first: Cursor;
  last: Cursor;
  /** Of all its keys. */
  hashes: string;
}

/** Where the keys of the log's own rows are. */
export interface KeySource {
  /** Blocks with keys after a cursor, oldest first. */
  keyBlocks(after: Cursor): Iterable<KeyBlock>;
  /** Rows with keys in the block that a cursor is in, oldest first. Null: the log has no such row any more. */
  keysAround(cursor: Cursor): readonly KeyRow[] | null;
}

/**
 * `Idempotency-Key`s of the last 24 h (INV-6). A key stands in the row of the log whose commit took its request, and costs no row
 * of its own; memory has a hash of it and where it is. What is dropped from the log leaves its keys behind in as few rows as
 * it takes.
 */
export class KeptKeys {
  readonly #sql: SqlPort;
  readonly #source: KeySource;
  readonly #seed: number;
  /** Made when the first key is asked for: many hosts never see one. */
  #index: KeyIndex | null = null;

  constructor(sql: SqlPort, source: KeySource, seed: number) {
    this.#sql = sql;
    this.#source = source;
    this.#seed = seed;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS kept_keys (
        through INTEGER PRIMARY KEY, block_first INTEGER NOT NULL, block_last INTEGER NOT NULL,
        hashes TEXT NOT NULL, keys TEXT NOT NULL)`,
    );
  }

  /** A request that came with the key in the last 24 h, and the row that it is in: the newest of those before `before`. */
  find(
    key: string,
    nowUs: EpochUs,
    before: number,
  ): { fingerprint: string; from: Cursor; row: Cursor } | null {
    const oldestUs = nowUs - KEPT_US;
    const index = this.#open(oldestUs);
    index.forgetBefore(oldestUs);
    const mark = JSON.stringify(key);
    for (const cursor of index.find(hashOf(key, this.#seed))) {
      const rows = this.#source.keysAround(cursor) ?? this.#keptWith(mark, cursor);
      for (const row of rows.toReversed()) {
        if (row.cursor >= before || !row.keys.includes(mark)) continue;
        const { atUs, from, requests } = parseKeys(row.keys);
        const found = requests.find((request) => request.key === key);
        if (found === undefined || atUs < oldestUs) continue;
        return { fingerprint: found.fingerprint, from, row: row.cursor };
      }
    }
    return null;
  }

  /** A row that was appended now has these keys. */
  learn(row: Cursor, { atUs, requests }: RowKeys): void {
    for (const { key } of requests) this.#index?.add(hashOf(key, this.#seed), row, atUs);
  }

  /** Writes down the keys of blocks that go from the log, and lets go of those that are too old. */
  keep(blocks: Iterable<KeyBlock>, nowUs: EpochUs): void {
    const oldestUs = nowUs - KEPT_US;
    this.#sql.exec("DELETE FROM kept_keys WHERE block_last < ?", oldestUs);
    let run: Run | null = null;
    for (const { first, last, hashes } of blocks) {
      // A cursor is never before the moment of its commit.
      if (last < oldestUs) continue;
      let blockHashes = hashes;
      for (const { cursor, keys } of this.#source.keysAround(last) ?? []) {
        if (run !== null && run.chars + keys.length > MAX_ROW_CHARS) {
          this.#write(run);
          run = null;
        }
        run ??= { through: cursor, first, last, hashes: "", lines: [], chars: 0 };
        // Whoever looks for a key of this block looks at every row that has some of it.
        run.hashes += blockHashes;
        blockHashes = "";
        run.lines.push(`${cursor}${keys}`);
        run.chars += keys.length;
        run.through = cursor;
        run.last = last;
      }
    }
    if (run !== null) this.#write(run);
  }

  #write({ through, first, last, hashes, lines }: Run): void {
    this.#sql.exec(
      "INSERT INTO kept_keys (through, block_first, block_last, hashes, keys) VALUES (?, ?, ?, ?, ?)",
      ...[through, first, last, hashes, lines.join("\n")],
    );
  }

  /** Rows that are in the log no more and may have the key, oldest first, out of those that were written down with one of them. */
  #keptWith(mark: string, cursor: Cursor): KeyRow[] {
    const rows: KeyRow[] = [];
    const kept = this.#sql.exec(
      "SELECT keys FROM kept_keys WHERE block_first <= ? AND block_last >= ? ORDER BY through",
      ...[cursor, cursor],
    );
    for (const { keys } of kept) {
      const text = textOf(keys);
      for (let at = text.indexOf(mark); at !== -1; ) {
        const start = text.lastIndexOf("\n", at) + 1;
        const found = text.indexOf("\n", at);
        const end = found === -1 ? text.length : found;
        const bracket = text.indexOf("[", start);
        const row = Number(text.slice(start, bracket)) as Cursor;
        rows.push({ cursor: row, keys: text.slice(bracket, end) });
        at = text.indexOf(mark, end);
      }
    }
    return rows;
  }

  #open(oldestUs: number): KeyIndex {
    if (this.#index !== null) return this.#index;
    const index = new KeyIndex();
    this.#index = index;
    const add = (cursor: Cursor, hashes: string) => {
      // A block has no key that is newer than its last row.
      for (const hash of readHashes(hashes)) index.add(hash, cursor, cursor);
    };
    const kept = this.#sql.exec(
      "SELECT block_last, hashes FROM kept_keys WHERE block_last >= ? ORDER BY through",
      oldestUs,
    );
    for (const row of kept) add(numberOf(row["block_last"]) as Cursor, textOf(row["hashes"]));
    for (const { last, hashes } of this.#source.keyBlocks((oldestUs - 1) as Cursor)) {
      add(last, hashes);
    }
    return index;
  }
}

/** Lines of keys that go into one row. */
interface Run {
  through: Cursor;
  /** The blocks that they are of. */
  first: Cursor;
  last: Cursor;
  hashes: string;
  lines: string[];
  chars: number;
}
