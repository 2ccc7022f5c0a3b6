import type { IdempotentRequest } from "../../../src/bindings/host.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { type SqlPort, textOf } from "../../room/sql-port.ts";
import { KeyIndex } from "./key-index.ts";
import { MAX_ROW_CHARS } from "./log-row.ts";

/** How long an `Idempotency-Key` is remembered. */
const KEPT_US = 86_400_000_000;

/** The keys in one row of the log. */
interface RowKeys {
  /** When they came. */
  atUs: EpochUs;
  /** First cursor of their commit, which may be of several rows; this is the last. */
  from: Cursor;
  requests: readonly IdempotentRequest[];
}

export interface KeyRow {
  cursor: Cursor;
  keys: string;
}

/** Where the keys of the log's own rows are. */
interface KeySource {
  keysAt(cursor: Cursor): string | null;
  /** Rows with keys after a cursor, oldest first. */
  keysAfter(after: Cursor): Iterable<KeyRow>;
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
  /** Made when the first key is asked for or comes: many hosts never see one. */
  #index: KeyIndex | null = null;

  /** `seed`: of the host, so that nobody can make keys that meet in one place. */
  constructor(sql: SqlPort, source: KeySource, seed: string) {
    this.#sql = sql;
    this.#source = source;
    this.#seed = hashOf(seed, 0);
    sql.exec(
      "CREATE TABLE IF NOT EXISTS kept_keys (through INTEGER PRIMARY KEY, at INTEGER NOT NULL, keys TEXT NOT NULL)",
    );
  }

  /** A request that came with the key in the last 24 h, and the row that it is in. */
  find(key: string, nowUs: EpochUs): { fingerprint: string; from: Cursor; row: Cursor } | null {
    const index = this.#open(nowUs);
    index.forgetBefore(nowUs - KEPT_US);
    for (const row of index.find(hashOf(key, this.#seed))) {
      const text = this.#source.keysAt(row) ?? this.#keptAt(row);
      if (text === null) continue;
      const { atUs, from, requests } = parseKeys(text);
      const found = requests.find((request) => request.key === key);
      if (found !== undefined && atUs >= nowUs - KEPT_US) {
        return { fingerprint: found.fingerprint, from, row };
      }
    }
    return null;
  }

  /** A row that was appended now has these keys. */
  learn(row: Cursor, keys: string): void {
    if (this.#index !== null) this.#add(this.#index, row, parseKeys(keys));
  }

  /** Writes down the keys of rows that go from the log, and lets go of those that are too old. */
  keep(rows: Iterable<KeyRow>, nowUs: EpochUs): void {
    const oldestUs = nowUs - KEPT_US;
    this.#sql.exec("DELETE FROM kept_keys WHERE at < ?", oldestUs);
    let lines: string[] = [];
    let chars = 0;
    let newestUs = oldestUs;
    let through = 0 as Cursor;
    const write = () => {
      if (lines.length === 0) return;
      this.#sql.exec(
        "INSERT INTO kept_keys (through, at, keys) VALUES (?, ?, ?)",
        ...[through, newestUs, lines.join("\n")],
      );
      lines = [];
      chars = 0;
      newestUs = oldestUs;
    };
    for (const { cursor, keys } of rows) {
      const { atUs } = parseKeys(keys);
      if (atUs < oldestUs) continue;
      if (chars + keys.length > MAX_ROW_CHARS) write();
      lines.push(`${cursor}${keys}`);
      chars += keys.length;
      newestUs = Math.max(newestUs, atUs);
      through = cursor;
    }
    write();
  }

  /** The keys of a row that is in the log no more. */
  #keptAt(row: Cursor): string | null {
    const [kept] = this.#sql.exec(
      "SELECT keys FROM kept_keys WHERE through >= ? ORDER BY through LIMIT 1",
      row,
    );
    if (kept === undefined) return null;
    const lines = `\n${textOf(kept["keys"])}`;
    const mark = `\n${row}[`;
    const at = lines.indexOf(mark);
    if (at === -1) return null;
    const end = lines.indexOf("\n", at + 1);
    return lines.slice(at + mark.length - 1, end === -1 ? undefined : end);
  }

  #open(nowUs: EpochUs): KeyIndex {
    if (this.#index !== null) return this.#index;
    const index = new KeyIndex();
    this.#index = index;
    const oldestUs = nowUs - KEPT_US;
    const kept = this.#sql.exec(
      "SELECT keys FROM kept_keys WHERE at >= ? ORDER BY through",
      oldestUs,
    );
    for (const { keys } of kept) {
      for (const line of textOf(keys).split("\n")) {
        const at = line.indexOf("[");
        this.#add(index, Number(line.slice(0, at)) as Cursor, parseKeys(line.slice(at)));
      }
    }
    // A cursor is never before the moment of its commit.
    for (const { cursor, keys } of this.#source.keysAfter((oldestUs - 1) as Cursor)) {
      this.#add(index, cursor, parseKeys(keys));
    }
    return index;
  }

  #add(index: KeyIndex, row: Cursor, { atUs, requests }: RowKeys): void {
    for (const { key } of requests) index.add(hashOf(key, this.#seed), row, atUs);
  }
}

/** Keys as they stand in rows: a flat array in JSON, which has no line break. Cut where they outgrow a row. */
export function keyTexts(
  requests: readonly IdempotentRequest[],
  atUs: EpochUs,
  from: Cursor,
): string[] {
  const texts: string[] = [];
  let run: (string | number)[] = [atUs, from];
  let chars = 0;
  for (const { key, fingerprint } of requests) {
    const size = key.length + fingerprint.length;
    if (run.length > 2 && chars + size > MAX_ROW_CHARS) {
      texts.push(JSON.stringify(run));
      run = [atUs, from];
      chars = 0;
    }
    run.push(key, fingerprint);
    chars += size;
  }
  if (run.length > 2) texts.push(JSON.stringify(run));
  return texts;
}

function parseKeys(text: string): RowKeys {
  const [atUs, from, ...rest] = JSON.parse(text) as [EpochUs, Cursor, ...string[]];
  const requests: IdempotentRequest[] = [];
  for (let at = 0; at < rest.length; at += 2) {
    requests.push({ key: rest[at] ?? "", fingerprint: rest[at + 1] ?? "" });
  }
  return { atUs, from, requests };
}

/** 32 bits of a text. */
function hashOf(text: string, seed: number): number {
  let hash = seed ^ 0x9e3779b1;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
