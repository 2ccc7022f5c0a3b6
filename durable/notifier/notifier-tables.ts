import type { Health } from "../../src/core/webhooks/delivery-queue.ts";
import type { Waiting } from "../../src/core/webhooks/webhook-lanes.ts";
import { numberOf, type SqlCell, type SqlPort, textOf } from "../room/sql-port.ts";

/** A webhook as it is kept. */
export interface KeptWebhook extends Health {
  name: string;
  url: string;
  secret: string;
  /** Signs besides until then. */
  formerSecret: string | null;
  formerUntilMs: number;
  /** The last attempt that failed. */
  failure: string | null;
  failedAtMs: number;
}

/** What is sent, and under which names. */
export interface Message {
  id: string;
  body: string;
  correlationId: string | null;
}

/** Webhooks and what waits for them, in the object's SQLite: what is acknowledged outlives whatever dies. */
export class NotifierTables {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS webhooks (name TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL,
      former_secret TEXT, former_until_ms INTEGER NOT NULL, failures INTEGER NOT NULL, paused_until_ms INTEGER NOT NULL,
      failure TEXT, failed_at_ms INTEGER NOT NULL) WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS deliveries (number INTEGER PRIMARY KEY, id TEXT NOT NULL, webhook TEXT NOT NULL,
      lane TEXT NOT NULL, body TEXT NOT NULL, correlation_id TEXT, queued_at_ms INTEGER NOT NULL,
      attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL)`);
  }

  readWebhooks(): KeptWebhook[] {
    return Array.from(this.#sql.exec("SELECT * FROM webhooks ORDER BY name"), (row) => ({
      ...{ name: textOf(row["name"]), url: textOf(row["url"]), secret: textOf(row["secret"]) },
      formerSecret: textOrNull(row["former_secret"]),
      formerUntilMs: numberOf(row["former_until_ms"]),
      failures: numberOf(row["failures"]),
      pausedUntilMs: numberOf(row["paused_until_ms"]),
      failure: textOrNull(row["failure"]),
      failedAtMs: numberOf(row["failed_at_ms"]),
    }));
  }

  saveWebhook(webhook: KeptWebhook): void {
    const { name, url, secret, formerSecret, formerUntilMs } = webhook;
    const { failures, pausedUntilMs, failure, failedAtMs } = webhook;
    this.#sql.exec(
      "INSERT OR REPLACE INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[name, url, secret, formerSecret, formerUntilMs],
      ...[failures, pausedUntilMs, failure, failedAtMs],
    );
  }

  removeWebhook(name: string): void {
    this.#sql.exec("DELETE FROM webhooks WHERE name = ?", name);
    this.#sql.exec("DELETE FROM deliveries WHERE webhook = ?", name);
  }

  /** In the order of their numbers. */
  readWaiting(): { waiting: Waiting; id: string }[] {
    const rows = this.#sql.exec(
      "SELECT number, id, webhook, lane, queued_at_ms, attempts, due_ms FROM deliveries ORDER BY number",
    );
    return Array.from(rows, (row) => ({
      id: textOf(row["id"]),
      waiting: {
        number: numberOf(row["number"]),
        ...{ to: textOf(row["webhook"]), lane: textOf(row["lane"]) },
        queuedAtMs: numberOf(row["queued_at_ms"]),
        ...{ attempts: numberOf(row["attempts"]), dueMs: numberOf(row["due_ms"]) },
      },
    }));
  }

  addDelivery(waiting: Waiting, { id, body, correlationId }: Message): void {
    const { number, to, lane, queuedAtMs, attempts, dueMs } = waiting;
    this.#sql.exec(
      "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[number, id, to, lane, body, correlationId, queuedAtMs, attempts, dueMs],
    );
  }

  messageOf({ number }: Waiting): Message | null {
    const [row] = this.#sql.exec(
      "SELECT id, body, correlation_id FROM deliveries WHERE number = ?",
      number,
    );
    if (row === undefined) return null;
    const correlationId = textOrNull(row["correlation_id"]);
    return { id: textOf(row["id"]), body: textOf(row["body"]), correlationId };
  }

  failed({ number, attempts, dueMs }: Waiting): void {
    this.#sql.exec(
      "UPDATE deliveries SET attempts = ?, due_ms = ? WHERE number = ?",
      ...[attempts, dueMs, number],
    );
  }

  removeDelivery({ number }: Waiting): void {
    this.#sql.exec("DELETE FROM deliveries WHERE number = ?", number);
  }
}

function textOrNull(cell: SqlCell | undefined): string | null {
  return cell === null ? null : textOf(cell);
}
