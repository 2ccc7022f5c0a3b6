import type { IdempotentRequest, KeyClaim } from "../../src/bindings/host.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import { numberOf, type SqlPort, textOf } from "../room/sql-port.ts";

/** How long an `Idempotency-Key` is remembered. */
const KEPT_US = 86_400_000_000;
/** Old keys are looked for after so many new ones, or as many as were left last time, for a sweep reads them all. */
const SWEEP_AFTER = 500;

/** `Idempotency-Key`s, each with the request it came with (INV-6). Where each part of that went its room knows. */
export class KeyLedger {
  readonly #sql: SqlPort;
  #untilSweep = SWEEP_AFTER;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    // `cursor` is of a version before, and nothing reads it.
    sql.exec(
      `CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, cursor INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID`,
    );
  }

  /** Claims a key for a request, before any room has taken a part of it. */
  claim({ key, fingerprint }: IdempotentRequest, nowUs: EpochUs): KeyClaim {
    const [row] = this.#sql.exec("SELECT fingerprint FROM idempotency WHERE key = ?", key);
    if (row !== undefined) return textOf(row["fingerprint"]) === fingerprint ? "same" : "other";
    this.#sql.exec(
      "INSERT INTO idempotency (key, fingerprint, cursor, at) VALUES (?, ?, 0, ?)",
      ...[key, fingerprint, nowUs],
    );
    this.#untilSweep -= 1;
    if (this.#untilSweep <= 0) this.#sweep(nowUs);
    return "new";
  }

  #sweep(nowUs: EpochUs): void {
    this.#sql.exec("DELETE FROM idempotency WHERE at < ?", nowUs - KEPT_US);
    const [left] = this.#sql.exec("SELECT count(*) AS keys FROM idempotency");
    this.#untilSweep = Math.max(SWEEP_AFTER, numberOf(left?.["keys"]));
  }
}
