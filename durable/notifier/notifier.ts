import { DurableObject } from "cloudflare:workers";
import type { AlertNotice } from "../../src/bindings/alerts.ts";
import type { Env } from "../../src/bindings/env.ts";
import type { NotifierCalls, WebhookSet } from "../../src/bindings/notifier.ts";
import { allowedWebhookHosts, publicFetch } from "../../src/bindings/public-network.ts";
import { configOf } from "../../src/config.ts";
import type { WebhookAnswer, WebhookPush, WebhookTest } from "../../src/protocol/alerts/webhook.ts";
import { logOf } from "../../src/telemetry/log.ts";
import { metrics, notifierState } from "../../src/telemetry/metrics.ts";
import { Clock } from "../clock.ts";
import { ObjectAlarm } from "../object-alarm.ts";
import { NotifierCore } from "./notifier-core.ts";

/**
 * The one Durable Object that tells webhooks of alerts: the platform around a `NotifierCore`, and no more. It is made with the first
 * webhook, and awake only while something is sent.
 */
export class Notifier extends DurableObject<Env> implements NotifierCalls {
  readonly #core: NotifierCore;
  readonly #alarm: ObjectAlarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { storage } = ctx;
    const alarm = new ObjectAlarm(storage);
    this.#alarm = alarm;
    this.#core = new NotifierCore({
      ...{ sql: storage.sql, clock: new Clock(), random: Math.random },
      newId: () => crypto.randomUUID(),
      ask: { public: publicFetch(env), allowed: (...asked) => fetch(...asked) },
      allowed: allowedWebhookHosts(env),
      alarm: {
        set: (atMs) => ctx.waitUntil(alarm.set(atMs)),
        clear: () => ctx.waitUntil(alarm.clear()),
      },
      restart: async (atMs, why) => {
        // The platform gives up on an alarm after six attempts; this one is a new alarm, where the disk takes it.
        await alarm.set(atMs).catch(() => undefined);
        await storage.sync().catch(() => undefined);
        ctx.abort(why);
      },
      logger: logOf("notifier", configOf(env)),
      measure: (backlog) => Object.assign(notifierState, backlog),
    });
    void ctx.blockConcurrencyWhile(async () => {
      // An alarm that was lost, whatever lost it, is set again by whoever comes.
      const { nextMs } = this.#core;
      if (nextMs !== null && (await alarm.read()) === null) await alarm.set(nextMs);
    });
  }

  notify(notices: readonly AlertNotice[]): Promise<void> {
    return this.#core.notify(notices);
  }

  async webhooks(): Promise<WebhookAnswer[]> {
    return this.#core.webhooks();
  }

  async setWebhook(name: string, push: WebhookPush): Promise<WebhookSet> {
    return this.#core.setWebhook(name, push);
  }

  async removeWebhook(name: string): Promise<boolean> {
    return this.#core.removeWebhook(name);
  }

  testWebhook(name: string): Promise<WebhookTest | null> {
    return this.#core.testWebhook(name);
  }

  override alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.wentOff(info);
    metrics.alarms.add(1, { object: "notifier" });
    return this.#core.alarm();
  }
}
