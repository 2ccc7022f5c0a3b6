import type { AlertNotice } from "../../../src/bindings/alerts.ts";
import { isTold } from "../../../src/core/alerts/alert-change.ts";
import type { Logger } from "../../../src/telemetry/log.ts";
import { metrics } from "../../../src/telemetry/metrics.ts";
import { numberOf, type SqlPort, textOf } from "../../room/sql-port.ts";

/** Notices handed over in one call. */
const AT_ONCE = 100;
/** Beyond so many the oldest are given up: whoever sends them is away, or more than that has changed at once. */
const MOST = 10_000;
/** After a failure it is tried again so much later, in ms. */
const AGAIN_MS = 5_000;

/** A change with the id that it is followed by. */
export type Noted = AlertNotice & { correlationId: string };

export interface AlertNoticesDeps {
  sql: SqlPort;
  logger: Pick<Logger, "info">;
  /** Durable with its receiver when it answers; the same one again does no harm. */
  notify(notices: readonly AlertNotice[]): Promise<void>;
  keepAwake(work: Promise<void>): void;
  nowMs(): number;
  failed(error: unknown): void;
}

/** Changes that webhooks are to be told: written down with the commit that has the change, until who sends them has them. */
export class AlertNotices {
  readonly #deps: AlertNoticesDeps;
  #waiting: number;
  #isSending = false;
  #isGivingUp = false;
  #tryAgainMs = 0;

  constructor(deps: AlertNoticesDeps) {
    this.#deps = deps;
    const { sql } = deps;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS alert_notices (id INTEGER PRIMARY KEY, notice TEXT NOT NULL)",
    );
    this.#waiting = this.#count();
  }

  /** When the next attempt is due, in ms; null: nothing waits. */
  get dueMs(): number | null {
    if (this.#waiting === 0) return null;
    const nowMs = this.#deps.nowMs();
    return this.#isSending ? nowMs + AGAIN_MS : Math.max(this.#tryAgainMs, nowMs);
  }

  /** A change is about to be committed. The log says so too, under the id that the webhook will bear. */
  note(notice: Noted): void {
    const { change, correlationId } = notice;
    if (!isTold(change)) return;
    const { sql, logger } = this.#deps;
    const { rule, symbol, series, from, to } = change;
    const words = { rule, symbol, ...(series !== undefined && { series }), from, to };
    logger.info("alert_changed", { correlation_id: correlationId, ...words });
    sql.exec("INSERT INTO alert_notices (notice) VALUES (?)", JSON.stringify(notice));
    this.#waiting += 1;
    if (this.#waiting <= MOST) return;
    sql.exec("DELETE FROM alert_notices WHERE id = (SELECT min(id) FROM alert_notices)");
    this.#waiting -= 1;
    metrics.webhooksGivenUp.add(1, {});
    if (!this.#isGivingUp) this.#deps.failed(new Error(`more than ${MOST} changes wait`));
    this.#isGivingUp = true;
  }

  #count(): number {
    const [row] = this.#deps.sql.exec("SELECT count(*) AS waiting FROM alert_notices");
    return numberOf(row?.["waiting"] ?? 0);
  }

  /** Hands over what waits. */
  send(): void {
    const { keepAwake, nowMs } = this.#deps;
    if (this.#waiting === 0 || this.#isSending || nowMs() < this.#tryAgainMs) return;
    this.#isSending = true;
    keepAwake(
      this.#send().finally(() => {
        this.#isSending = false;
      }),
    );
  }

  async #send(): Promise<void> {
    const { sql, notify, nowMs, failed } = this.#deps;
    while (this.#waiting > 0) {
      const rows = [
        ...sql.exec("SELECT id, notice FROM alert_notices ORDER BY id LIMIT ?", AT_ONCE),
      ];
      try {
        await notify(rows.map(({ notice }) => JSON.parse(textOf(notice)) as AlertNotice));
      } catch (error) {
        this.#tryAgainMs = nowMs() + AGAIN_MS;
        failed(error);
        return;
      }
      for (const { id } of rows) sql.exec("DELETE FROM alert_notices WHERE id = ?", numberOf(id));
      // Some of them may have been given up meanwhile.
      this.#waiting = this.#count();
      this.#isGivingUp = false;
    }
  }
}
