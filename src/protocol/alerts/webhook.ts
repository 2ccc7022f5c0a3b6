import * as z from "zod";
import { symbolSchema } from "../words/symbol.ts";

/** Of a webhook, in an address. */
export const WEBHOOK_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** A secret by the Standard Webhooks scheme: 24 to 64 random bytes in base64 behind `whsec_` (SPEC WH-2). */
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What a webhook is set to. Where it may go is judged beside this (SPEC WH-7). */
export const webhookPushSchema = z.strictObject({
  url: z.string({ error: "must be a URL, such as https://example.com/alerts" }),
  secret: z
    .string()
    .regex(SECRET, {
      error: "must be whsec_ and 24 to 64 random bytes in base64; without one we make it",
    })
    .optional(),
});
export type WebhookPush = z.infer<typeof webhookPushSchema>;

/** A webhook as it is told; never its secret. */
export const webhookSchema = z.object({
  name: z.string(),
  url: z.string(),
  /** Deliveries that have not arrived. */
  waiting: z.int(),
  /** Since when the oldest of them waits. */
  oldest_at: z.string().optional(),
  /** Attempts in a row that failed, and the last of them; absent where the last has arrived. */
  failures: z.int().optional(),
  failed_at: z.string().optional(),
  failure: z.string().optional(),
});
export type WebhookAnswer = z.infer<typeof webhookSchema>;

export const webhooksAnswerSchema = z.object({ webhooks: z.array(webhookSchema) });

/** `secret`: the one that was made, told this once. */
export const webhookSetSchema = z.object({
  name: z.string(),
  url: z.string(),
  secret: z.string().optional(),
});
export type WebhookSet = z.infer<typeof webhookSetSchema>;

export const webhookTestSchema = z.object({
  delivered: z.boolean(),
  /** What the receiver answered, where it did. */
  status: z.int().optional(),
  /** Why it has not arrived. */
  error: z.string().optional(),
  duration_ms: z.number(),
});
export type WebhookTest = z.infer<typeof webhookTestSchema>;

/** The body of a webhook (SPEC WH-3). */
export const alertPayloadSchema = z.object({
  type: z.enum(["alert.firing", "alert.resolved"]),
  /** When it changed, RFC 3339. */
  timestamp: z.string(),
  data: z.object({
    id: z.string(),
    rule: z.string(),
    symbol: symbolSchema,
    series: z.string().optional(),
    from: z.enum(["inactive", "pending", "firing"]),
    to: z.enum(["inactive", "firing"]),
    value: z.number().nullable(),
    message: z.string(),
  }),
});
