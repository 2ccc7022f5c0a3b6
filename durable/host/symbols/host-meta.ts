import type { SqlPort } from "../../room/sql-port.ts";

/** What a host writes down of itself by name, each as JSON text. */
export class HostMeta {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID");
  }

  read<Value>(key: string): Value | null {
    const [row] = this.#sql.exec("SELECT value FROM meta WHERE key = ?", key);
    const text = row?.["value"];
    return typeof text === "string" ? (JSON.parse(text) as Value) : null;
  }

  write(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, text);
  }
}
