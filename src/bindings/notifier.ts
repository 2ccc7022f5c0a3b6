import type { WebhookAnswer, WebhookPush, WebhookTest } from "../protocol/alerts/webhook.ts";
import type { AlertNotice } from "./alerts.ts";

export type WebhookSet =
  /** `secret`: the one that was made for it. */
  { kind: "set"; isNew: boolean; url: string; secret?: string } | { kind: "full"; most: number };

/** What the hosts and the Worker may ask of the Notifier. */
export interface NotifierCalls extends Rpc.DurableObjectBranded {
  /** Durable when it answers; the same change again is not sent again while it waits. */
  notify(notices: readonly AlertNotice[]): Promise<void>;
  webhooks(): Promise<WebhookAnswer[]>;
  /** Where it may go has been judged. Without `secret` it keeps its own, or is made one. */
  setWebhook(name: string, push: WebhookPush): Promise<WebhookSet>;
  /** What waits for it is not sent any more. False where there is none. */
  removeWebhook(name: string): Promise<boolean>;
  /** Null where there is none. */
  testWebhook(name: string): Promise<WebhookTest | null>;
}

/** Name of the one Notifier. */
export const NOTIFIER_NAME = "notifier";
