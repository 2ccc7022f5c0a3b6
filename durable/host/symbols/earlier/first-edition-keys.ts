import type { RememberedKey } from "../../../../src/bindings/first-edition.ts";
import type { HadPart, IdempotentRequest } from "../../../../src/bindings/host.ts";
import { DAY_US } from "../../../../src/core/time/duration.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { numberOf, type SqlPort, textOf } from "../../../room/sql-port.ts";

/** The `Idempotency-Key`s that rooms of the first edition brought along, by room, for the day that they are still good for. */
export class FirstEditionKeys {
  readonly #sql: SqlPort;
  /** Most hosts have none. */
  #hasAny: boolean;
  /** When the newest key was used; null where nobody has looked yet. */
  #newest: EpochUs | null = null;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    this.#create();
    const [table] = sql.exec("SELECT sql FROM sqlite_master WHERE name = 'first_edition_keys'");
    // The version before did not keep it.
    if (!textOf(table?.["sql"]).includes("cursor")) {
      sql.exec("ALTER TABLE first_edition_keys ADD COLUMN cursor INTEGER");
    }
    this.#hasAny = [...sql.exec("SELECT 1 FROM first_edition_keys LIMIT 1")].length > 0;
  }

  remember(symbol: SymbolName, keys: readonly RememberedKey[]): void {
    for (const { key, fingerprint, cursor, at } of keys) {
      this.#hasAny = true;
      this.#newest = this.#newest === null ? null : (Math.max(this.#newest, at) as EpochUs);
      this.#sql.exec(
        "INSERT OR REPLACE INTO first_edition_keys (symbol, key, fingerprint, at, cursor) VALUES (?, ?, ?, ?, ?)",
        ...[symbol, key, fingerprint, at, cursor],
      );
    }
  }

  /** Drops all of them once none is good any more: a table is dropped for nothing, and each row that is deleted is billed. */
  forgetOld(nowUs: EpochUs): void {
    if (!this.#hasAny) return;
    this.#newest ??= this.#readNewest();
    if (this.#newest >= nowUs - DAY_US) return;
    this.#sql.exec("DROP TABLE first_edition_keys");
    this.#create();
    this.#hasAny = false;
    this.#newest = null;
  }

  /** Did the room have this very request, or another one with its key? */
  has(symbol: SymbolName, { key, fingerprint }: IdempotentRequest, nowUs: EpochUs): HadPart {
    if (!this.#hasAny) return "no";
    const [row] = this.#sql.exec(
      "SELECT fingerprint, cursor FROM first_edition_keys WHERE symbol = ? AND key = ? AND at >= ?",
      ...[symbol, key, nowUs - DAY_US],
    );
    if (row === undefined) return "no";
    if (textOf(row["fingerprint"]) !== fingerprint) return "other";
    const cursor = row["cursor"] ?? null;
    return cursor === null ? "same" : { cursor: numberOf(cursor) as Cursor };
  }

  #create(): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS first_edition_keys (symbol TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, cursor INTEGER, PRIMARY KEY (symbol, key)) WITHOUT ROWID",
    );
  }

  #readNewest(): EpochUs {
    const [row] = this.#sql.exec("SELECT max(at) AS at FROM first_edition_keys");
    return numberOf(row?.["at"]) as EpochUs;
  }
}
