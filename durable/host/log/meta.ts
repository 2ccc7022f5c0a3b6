import type { SqlPort } from "../../room/sql-port.ts";

/** Names and values that a host keeps beside its log. */
export class Meta {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID");
  }

  read(key: string): string | number | null {
    const [row] = this.#sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return (row?.["value"] ?? null) as string | number | null;
  }

  readNumber(key: string): number | null {
    const value = this.read(key);
    return value === null ? null : Number(value);
  }

  write(key: string, value: string | number): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  }
}
