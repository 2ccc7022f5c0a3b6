import type { AlertNotice } from "../../src/bindings/alerts.ts";
import type { WebhookSet } from "../../src/bindings/notifier.ts";
import { isTold } from "../../src/core/alerts/alert-change.ts";
import { traceparentOf } from "../../src/core/logs/traceparent.ts";
import type { AllowedHost } from "../../src/core/webhooks/allowed-host.ts";
import { judgeAddress } from "../../src/formats/webhooks/address.ts";
import { alertBody, testBody } from "../../src/formats/webhooks/payload.ts";
import { messageIdOf, signedHeaders } from "../../src/formats/webhooks/signature.ts";
import type { WebhookAnswer, WebhookPush, WebhookTest } from "../../src/protocol/alerts/webhook.ts";
import type { LogFields, Logger } from "../../src/telemetry/log.ts";
import { metrics } from "../../src/telemetry/metrics.ts";
import type { Clock } from "../clock.ts";
import type { SqlPort } from "../room/sql-port.ts";
import type { KeptWebhook, Message } from "./notifier-tables.ts";
import { type Ask, type PostOutcome, post } from "./post.ts";
import { type Delivery, MOST_WAITING, WebhookBook } from "./webhook-book.ts";

/** What the Notifier needs of the platform. */
export interface NotifierPorts {
  sql: SqlPort;
  clock: Pick<Clock, "nowMs" | "within">;
  /** Numbers in [0, 1). */
  random: () => number;
  newId: () => string;
  /** Over the public net alone, and over any. */
  ask: { public: Ask; allowed: Ask };
  allowed: readonly AllowedHost[];
  alarm: { set(atMs: number): void; clear(): void };
  /** Ends this life of the Notifier; the next begins at that time with what is on the disk. */
  restart: (atMs: number, why: string) => Promise<void>;
  logger: Logger;
  /** Told what waits, and since when, whenever that may have changed. */
  measure: (backlog: WebhookBook["backlog"]) => void;
}

/** An alarm may take 15 minutes on Cloudflare; the next one goes on. */
const MOST_RUN_MS = 300_000;
/** After a failure of ours, as where the disk is full, it is tried again so late. */
const STUCK_MS = 30_000;

/** Takes what webhooks are to be told, and sends it until it has arrived or a day is over. */
export class NotifierCore {
  readonly #ports: NotifierPorts;
  readonly #book: WebhookBook;
  #isTesting = false;
  #news = Promise.withResolvers<void>();

  constructor(ports: NotifierPorts) {
    this.#ports = ports;
    this.#book = new WebhookBook(ports.sql, ports.random);
    ports.measure(this.#book.backlog);
  }

  /** When it has something to do; null: nothing waits. */
  get nextMs(): number | null {
    return this.#book.nextMs(this.#ports.clock.nowMs());
  }

  async notify(notices: readonly AlertNotice[]): Promise<void> {
    const told = notices.filter(({ change }) => isTold(change));
    const ids = await Promise.all(told.map(({ change }) => messageIdOf(change.id)));
    // From here on nobody else has a turn: all of them are kept, or none.
    for (const [at, notice] of told.entries()) this.#keep(notice, ids[at] as string);
    this.#goOn();
  }

  webhooks(): WebhookAnswer[] {
    return this.#book.describe();
  }

  setWebhook(name: string, push: WebhookPush): WebhookSet {
    const set = this.#book.set(name, push, this.#ports.clock.nowMs());
    this.#goOn();
    return set;
  }

  removeWebhook(name: string): boolean {
    const wasThere = this.#book.remove(name);
    this.#ports.measure(this.#book.backlog);
    return wasThere;
  }

  async testWebhook(name: string): Promise<WebhookTest | null> {
    const webhook = this.#book.find(name);
    if (webhook === undefined) return null;
    if (this.#isTesting) return { delivered: false, error: "another test runs", duration_ms: 0 };
    this.#isTesting = true;
    const { clock, newId } = this.#ports;
    const startMs = clock.nowMs();
    try {
      const id = await messageIdOf(newId());
      const body = testBody(name, startMs * 1_000);
      const outcome = await this.#post(webhook, { id, body, correlationId: null });
      const duration_ms = clock.nowMs() - startMs;
      const status = outcome.status === undefined ? {} : { status: outcome.status };
      if (outcome.kind === "failed") {
        return { delivered: false, ...status, error: outcome.why, duration_ms };
      }
      // It is up, whatever failed before.
      if (this.#book.find(name) !== undefined) this.#book.release(name);
      this.#goOn();
      return { delivered: true, ...status, duration_ms };
    } finally {
      this.#isTesting = false;
    }
  }

  /** Sends what is due, and what comes meanwhile. While there is nothing but to wait nobody is awake for it: the alarm is set. */
  async alarm(): Promise<void> {
    const { clock, alarm, logger, restart } = this.#ports;
    const untilMs = clock.nowMs() + MOST_RUN_MS;
    const underWay = new Set<Promise<void>>();
    try {
      for (;;) {
        this.#news = Promise.withResolvers<void>();
        this.#giveUp();
        const due = clock.nowMs() < untilMs ? this.#book.take(clock.nowMs()) : [];
        for (const delivery of due) {
          const sent = this.#send(delivery).finally(() => underWay.delete(sent));
          underWay.add(sent);
        }
        if (underWay.size === 0) break;
        const nowMs = clock.nowMs();
        const waitMs = (this.#book.nextMs(nowMs) ?? nowMs) - nowMs;
        const something = Promise.race([...underWay, this.#news.promise]);
        // What is due already waits for a place.
        if (waitMs > 0) await clock.within(something, waitMs);
        else await something;
      }
      const { nextMs } = this;
      if (nextMs === null) alarm.clear();
      else alarm.set(nextMs);
    } catch (error) {
      // What is under way and what is on the disk may not agree any more.
      logger.error("webhooks_not_sent", { detail: String(error) });
      await restart(clock.nowMs() + STUCK_MS, "webhooks could not be sent");
    }
  }

  #keep({ change, webhooks, correlationId }: AlertNotice, id: string): void {
    const { logger, clock } = this.#ports;
    const { rule, symbol } = change;
    const message = { id, body: alertBody(change), correlationId: correlationId ?? null };
    for (const webhook of new Set(webhooks ?? this.#book.names)) {
      const lane = JSON.stringify([rule, symbol]);
      const kept = this.#book.add(webhook, lane, message, clock.nowMs());
      const words = { webhook, rule, symbol, ...wordsOf(message) };
      if (kept === "unknown") {
        const help = "the rule names a webhook that nobody has set: PUT /api/alerts/webhooks/NAME";
        logger.warn("webhook_unknown", { ...words, help });
      } else if (kept === "full") this.#sayGivenUp(words, `${MOST_WAITING} wait for it already`);
    }
  }

  #goOn(): void {
    const { alarm, clock, measure } = this.#ports;
    measure(this.#book.backlog);
    this.#news.resolve();
    // Where an alarm is under way this is for its end, should it come before it has looked.
    if (this.nextMs !== null) alarm.set(clock.nowMs());
  }

  async #send(delivery: Delivery): Promise<void> {
    const { clock, logger, measure } = this.#ports;
    const { waiting, webhook, message } = delivery;
    const outcome = await this.#post(webhook, message);
    metrics.webhookAttempts.add(1, { outcome: outcome.kind });
    const words = { webhook: webhook.name, ...wordsOf(message) };
    if (outcome.kind === "delivered") {
      this.#book.done(delivery, true);
      logger.debug("webhook_delivered", { ...words, status: outcome.status });
    } else if (outcome.isGone) {
      this.#book.done(delivery, false);
      this.#sayGivenUp(words, outcome.why);
    } else {
      const { why, retryAfterMs } = outcome;
      const { attempts } = this.#book.failed(delivery, why, clock.nowMs(), retryAfterMs);
      // One that is down is said when that is found out, and not with each attempt of a day.
      logger[attempts === 1 && waiting.attempts === 0 ? "warn" : "debug"]("webhook_failed", {
        ...{ ...words, attempts, why },
      });
    }
    measure(this.#book.backlog);
  }

  async #post(
    { url, ...webhook }: KeptWebhook,
    { id, body, correlationId }: Message,
  ): Promise<PostOutcome> {
    const { clock, ask, allowed, newId } = this.#ports;
    // Not only when it was set: the operator may let it to other hosts now.
    const verdict = judgeAddress(url, allowed);
    if (verdict.kind === "refused") {
      return { kind: "failed", why: `its address ${verdict.why}`, isGone: false };
    }
    const nowMs = clock.nowMs();
    const { secret, formerSecret, formerUntilMs } = webhook;
    const secrets =
      formerSecret !== null && nowMs < formerUntilMs ? [secret, formerSecret] : [secret];
    const signed = await signedHeaders(secrets, { id, body, atS: Math.floor(nowMs / 1_000) });
    const spanId = newId().replaceAll("-", "").slice(0, 16);
    const traceparent = correlationId === null ? null : traceparentOf(correlationId, spanId);
    const headers = {
      ...{ "content-type": "application/json", "user-agent": "Edgetape", ...signed },
      ...(correlationId !== null && { "x-correlation-id": correlationId }),
      ...(traceparent !== null && { traceparent }),
    };
    return post({ ask: ask[verdict.kind], clock }, verdict.url, headers, body);
  }

  #giveUp(): void {
    for (const { waiting, id } of this.#book.giveUp(this.#ports.clock.nowMs())) {
      const words = { webhook: waiting.to, webhook_id: id, attempts: waiting.attempts };
      this.#sayGivenUp(words, "it has not arrived within a day");
    }
  }

  #sayGivenUp(words: LogFields, why: string): void {
    metrics.webhooksGivenUp.add(1, {});
    this.#ports.logger.error("webhook_given_up", { ...words, why });
  }
}

function wordsOf({ id, correlationId }: Message): LogFields {
  return { webhook_id: id, ...(correlationId !== null && { correlation_id: correlationId }) };
}
