import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { type SqlPort, textOf } from "../room/sql-port.ts";

/** How far the live viewers of each room have been sent the log with this id. */
export interface SentThrough {
  log: LogId;
  rooms: ReadonlyMap<SymbolName, Cursor>;
}

/** What a relay must know when it wakes with live viewers, in one row with this id. */
export class SentThroughRow {
  readonly #sql: SqlPort;
  readonly #id: number;
  #saved: string;

  constructor(sql: SqlPort, id: number) {
    this.#sql = sql;
    this.#id = id;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS sent_through (id INTEGER PRIMARY KEY, sent TEXT NOT NULL)",
    );
    const [row] = sql.exec("SELECT sent FROM sent_through WHERE id = ?", id);
    this.#saved = row === undefined ? "" : textOf(row["sent"]);
  }

  /** Null where nobody was here. */
  read(): SentThrough | null {
    if (this.#saved === "") return null;
    const { log, rooms } = JSON.parse(this.#saved) as { log: LogId; rooms: [SymbolName, Cursor][] };
    return { log, rooms: new Map(rooms) };
  }

  /** Writes it down where it has changed. */
  save(sent: SentThrough | null): void {
    const text = sent === null ? "" : JSON.stringify({ log: sent.log, rooms: [...sent.rooms] });
    if (text === this.#saved) return;
    this.#saved = text;
    if (text === "") this.#sql.exec("DELETE FROM sent_through WHERE id = ?", this.#id);
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO sent_through (id, sent) VALUES (?, ?)",
        this.#id,
        text,
      );
  }
}
