import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import { numberOf, type SqlPort, textOf } from "./sql-port.ts";

/** How long an `Idempotency-Key` is remembered. */
const KEPT_US = 86_400_000_000;
/** Old keys are looked for after so many new ones, or as many as were left last time, for a sweep reads them all. */
const SWEEP_AFTER = 500;

/** The `Idempotency-Key`s a room has seen, each with the answer it got (INV-6). */
export class KeyLedger {
  readonly #sql: SqlPort;
  #untilSweep = SWEEP_AFTER;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  find(key: string): { fingerprint: string; cursor: Cursor } | null {
    const [row] = this.#sql.exec("SELECT fingerprint, cursor FROM idempotency WHERE key = ?", key);
    if (row === undefined) return null;
    return { fingerprint: textOf(row["fingerprint"]), cursor: numberOf(row["cursor"]) as Cursor };
  }

  record(request: { key: string; fingerprint: string }, cursor: Cursor, nowUs: EpochUs): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO idempotency (key, fingerprint, cursor, at) VALUES (?, ?, ?, ?)",
      request.key,
      request.fingerprint,
      cursor,
      nowUs,
    );
    this.#untilSweep -= 1;
    if (this.#untilSweep > 0) return;
    this.#sql.exec("DELETE FROM idempotency WHERE at < ?", nowUs - KEPT_US);
    const [left] = this.#sql.exec("SELECT count(*) AS keys FROM idempotency");
    this.#untilSweep = Math.max(SWEEP_AFTER, numberOf(left?.["keys"]));
  }
}
