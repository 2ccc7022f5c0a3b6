import type { IdempotentRequest, KeyClaim } from "../../src/bindings/host.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../src/protocol/time.ts";
import { numberOf, type SqlPort, textOf } from "../room/sql-port.ts";

/** How long an `Idempotency-Key` is remembered. */
const KEPT_US = 86_400_000_000;
/** Old keys are looked for after so many new ones, or as many as were left last time, for a sweep reads them all. */
const SWEEP_AFTER = 500;

/** `Idempotency-Key`s, each with the request it came with and the place of what that brought (INV-6). */
export class KeyLedger {
  readonly #sql: SqlPort;
  #untilSweep = SWEEP_AFTER;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, cursor INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID`,
    );
  }

  find(key: string): { fingerprint: string; cursor: Cursor } | null {
    const [row] = this.#sql.exec("SELECT fingerprint, cursor FROM idempotency WHERE key = ?", key);
    if (row === undefined) return null;
    return { fingerprint: textOf(row["fingerprint"]), cursor: numberOf(row["cursor"]) as Cursor };
  }

  record(request: IdempotentRequest, cursor: Cursor, nowUs: EpochUs): void {
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

/**
 * Claims a key for a request, before any room has taken a part of it. The claim has no place in a log: where each part went
 * its room knows.
 */
export function claimKey(ledger: KeyLedger, request: IdempotentRequest, nowUs: EpochUs): KeyClaim {
  const known = ledger.find(request.key);
  if (known !== null) return known.fingerprint === request.fingerprint ? "same" : "other";
  ledger.record(request, CURSOR_ORIGIN, nowUs);
  return "new";
}
