import type { RememberedKey } from "../../../src/bindings/first-edition.ts";
import type { IdempotentRequest } from "../../../src/bindings/host.ts";
import { DAY_US } from "../../../src/core/duration.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { EpochUs } from "../../../src/protocol/time.ts";
import { type SqlPort, textOf } from "../../room/sql-port.ts";

/** The `Idempotency-Key`s that rooms of the first edition brought along, by room, for the day that they are still good for. */
export class FirstEditionKeys {
  readonly #sql: SqlPort;
  /** Most hosts have none. */
  #hasAny: boolean;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS first_edition_keys (symbol TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (symbol, key)) WITHOUT ROWID",
    );
    this.#hasAny = [...sql.exec("SELECT 1 FROM first_edition_keys LIMIT 1")].length > 0;
  }

  remember(symbol: SymbolName, keys: readonly RememberedKey[]): void {
    for (const { key, fingerprint, at } of keys) {
      this.#hasAny = true;
      this.#sql.exec(
        "INSERT OR REPLACE INTO first_edition_keys (symbol, key, fingerprint, at) VALUES (?, ?, ?, ?)",
        ...[symbol, key, fingerprint, at],
      );
    }
  }

  /** Did the room have this very request, or another one with its key? */
  has(
    symbol: SymbolName,
    { key, fingerprint }: IdempotentRequest,
    nowUs: EpochUs,
  ): "same" | "other" | "no" {
    if (!this.#hasAny) return "no";
    const [row] = this.#sql.exec(
      "SELECT fingerprint FROM first_edition_keys WHERE symbol = ? AND key = ? AND at >= ?",
      ...[symbol, key, nowUs - DAY_US],
    );
    if (row === undefined) return "no";
    return textOf(row["fingerprint"]) === fingerprint ? "same" : "other";
  }
}
