import type { WebhookSet } from "../../src/bindings/notifier.ts";
import { rfc3339Of } from "../../src/core/time/civil-time.ts";
import { DeliveryQueue } from "../../src/core/webhooks/delivery-queue.ts";
import type { Waiting } from "../../src/core/webhooks/webhook-lanes.ts";
import { newSecret } from "../../src/formats/webhooks/signature.ts";
import type { WebhookAnswer, WebhookPush } from "../../src/protocol/alerts/webhook.ts";
import type { SqlPort } from "../room/sql-port.ts";
import { type KeptWebhook, type Message, NotifierTables } from "./notifier-tables.ts";

export const MOST_WEBHOOKS = 50;
/** Deliveries of one webhook. */
export const MOST_WAITING = 10_000;
/** Both secrets sign for so long after one was replaced. */
const FORMER_SECRET_MS = 86_400_000;

/** What is to be sent, whole. */
export interface Delivery {
  waiting: Waiting;
  webhook: KeptWebhook;
  message: Message;
}

/** Webhooks and what waits for them: the queue in memory, and under it the tables, which always agree. */
export class WebhookBook {
  readonly #tables: NotifierTables;
  readonly #queue: DeliveryQueue;
  readonly #webhooks: Map<string, KeptWebhook>;
  /** What waits, by webhook and message. */
  readonly #known = new Set<string>();
  #number = 0;

  constructor(sql: SqlPort, random: () => number) {
    this.#tables = new NotifierTables(sql);
    this.#queue = new DeliveryQueue(random);
    this.#webhooks = new Map(this.#tables.readWebhooks().map((one) => [one.name, one]));
    for (const [name, webhook] of this.#webhooks) this.#queue.setHealth(name, webhook);
    for (const { waiting, id } of this.#tables.readWaiting()) {
      this.#number = waiting.number;
      this.#known.add(keyOf(waiting.to, id));
      this.#queue.add(waiting);
    }
  }

  get names(): string[] {
    return [...this.#webhooks.keys()];
  }

  /** How many wait, and since when the oldest does. */
  get backlog(): { waiting: number; sinceMs: number | null } {
    const all = this.names.map((name) => this.#queue.oldestMs(name)).filter((ms) => ms !== null);
    return { waiting: this.#queue.size, sinceMs: all.length === 0 ? null : Math.min(...all) };
  }

  find(name: string): KeptWebhook | undefined {
    return this.#webhooks.get(name);
  }

  describe(): WebhookAnswer[] {
    return [...this.#webhooks.values()].map(({ name, url, failure, failedAtMs }) => {
      const { failures } = this.#queue.healthOf(name);
      const oldestMs = this.#queue.oldestMs(name);
      return {
        ...{ name, url, waiting: this.#queue.sizeOf(name) },
        ...(oldestMs !== null && { oldest_at: rfc3339Of(oldestMs * 1_000) }),
        ...(failures > 0 && { failures, failed_at: rfc3339Of(failedAtMs * 1_000) }),
        ...(failures > 0 && failure !== null && { failure }),
      };
    });
  }

  /** What waits for it is due at once, for the webhook may be right now. */
  set(name: string, { url, secret: given }: WebhookPush, nowMs: number): WebhookSet {
    const before = this.#webhooks.get(name);
    if (before === undefined && this.#webhooks.size >= MOST_WEBHOOKS) {
      return { kind: "full", most: MOST_WEBHOOKS };
    }
    const secret = given ?? before?.secret ?? newSecret();
    const former =
      before === undefined || before.secret === secret
        ? { formerSecret: before?.formerSecret ?? null, formerUntilMs: before?.formerUntilMs ?? 0 }
        : { formerSecret: before.secret, formerUntilMs: nowMs + FORMER_SECRET_MS };
    const well = { failures: 0, pausedUntilMs: 0, failure: null, failedAtMs: 0 };
    this.#save({ name, url, secret, ...former, ...well });
    this.#queue.release(name);
    const isMade = given === undefined && before === undefined;
    return { kind: "set", isNew: before === undefined, url, ...(isMade && { secret }) };
  }

  remove(name: string): boolean {
    this.#queue.remove(name);
    this.#tables.removeWebhook(name);
    for (const key of this.#known) if (key.startsWith(keyOf(name, ""))) this.#known.delete(key);
    return this.#webhooks.delete(name);
  }

  release(name: string): void {
    this.#queue.release(name);
  }

  /** Where there is such a webhook, and the message does not wait for it already. */
  add(
    to: string,
    lane: string,
    message: Message,
    nowMs: number,
  ): "kept" | "known" | "full" | "unknown" {
    if (!this.#webhooks.has(to)) return "unknown";
    if (this.#known.has(keyOf(to, message.id))) return "known";
    if (this.#queue.sizeOf(to) >= MOST_WAITING) return "full";
    this.#number += 1;
    const waiting = {
      number: this.#number,
      to,
      lane,
      queuedAtMs: nowMs,
      attempts: 0,
      dueMs: nowMs,
    };
    this.#tables.addDelivery(waiting, message);
    this.#known.add(keyOf(to, message.id));
    this.#queue.add(waiting);
    return "kept";
  }

  take(nowMs: number): Delivery[] {
    return this.#queue.take(nowMs).map((waiting) => ({
      waiting,
      webhook: this.#webhooks.get(waiting.to) as KeptWebhook,
      message: this.#tables.messageOf(waiting) as Message,
    }));
  }

  /** When there is something to take; null where nothing waits but what is under way. */
  nextMs(nowMs: number): number | null {
    return this.#queue.nextMs(nowMs);
  }

  /** It has arrived, or is given up. */
  done({ waiting, message }: Delivery, isUp: boolean): void {
    const wasFailing = this.#queue.healthOf(waiting.to).failures > 0;
    this.#queue.done(waiting, isUp);
    this.#forget(waiting, message.id);
    if (isUp && wasFailing) this.#saveHealth(waiting.to, { failure: null, failedAtMs: 0 });
  }

  failed({ waiting }: Delivery, why: string, nowMs: number, retryAfterMs?: number): Waiting {
    const again = this.#queue.failed(waiting, nowMs, retryAfterMs);
    this.#tables.failed(again);
    this.#saveHealth(waiting.to, { failure: why, failedAtMs: nowMs });
    return again;
  }

  /** Those that have waited for a day, with their messages' ids. */
  giveUp(nowMs: number): { waiting: Waiting; id: string }[] {
    return this.#queue.giveUp(nowMs).map((waiting) => {
      const id = this.#tables.messageOf(waiting)?.id ?? "";
      this.#forget(waiting, id);
      return { waiting, id };
    });
  }

  #forget(waiting: Waiting, id: string): void {
    this.#tables.removeDelivery(waiting);
    this.#known.delete(keyOf(waiting.to, id));
  }

  #saveHealth(name: string, last: Pick<KeptWebhook, "failure" | "failedAtMs">): void {
    const webhook = this.#webhooks.get(name);
    // Removed while it was asked.
    if (webhook === undefined) return;
    this.#save({ ...webhook, ...this.#queue.healthOf(name), ...last });
  }

  #save(webhook: KeptWebhook): void {
    this.#webhooks.set(webhook.name, webhook);
    this.#tables.saveWebhook(webhook);
  }
}

function keyOf(webhook: string, id: string): string {
  return `${webhook} ${id}`;
}
