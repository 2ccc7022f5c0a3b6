import * as z from "zod";
import { symbolSchema } from "./symbol.ts";
import { epochUsSchema } from "./time.ts";

/** Longest metric name, label name, label value, venue and trade id, in characters. */
export const MAX_NAME_LENGTH = 200;
/** Most labels on one point. */
export const MAX_LABELS = 32;

const name = z
  .string({ error: "must be a string" })
  .min(1, { error: "must not be empty" })
  .max(MAX_NAME_LENGTH, { error: `must be at most ${MAX_NAME_LENGTH} characters` })
  .refine(hasNoNul, { error: "must not hold a NUL character" });

const finite = z.number({
  error: (issue) =>
    typeof issue.input === "number"
      ? "must be a finite number: NaN and Infinity cannot be stored"
      : "must be a number, without quotes",
});

const labels = z
  .record(name, name, { error: "must be an object of text by text" })
  .refine((value) => Object.keys(value).length <= MAX_LABELS, {
    error: `must hold at most ${MAX_LABELS} labels`,
  });

const tradeFields = {
  price: finite,
  size: finite.nonnegative({ error: "must not be negative; say the direction in side" }),
  side: z.enum(["buy", "sell"], { error: 'must be "buy" or "sell"' }).optional(),
  id: name.optional(),
  venue: name.optional(),
};

const metricFields = { metric: name, value: finite, labels: labels.optional() };

/** Time on input: the schema takes the form; `core/timestamp.ts` decides what moment it is, for that needs a clock. */
const ts = z.union([z.string(), z.number()], {
  error: "must be an RFC 3339 time or integer microseconds since the Unix epoch",
});

/** What a producer posts to `/api/metrics`, one of these a point. Unknown fields are refused (SPEC I-4). */
export const metricPushSchema = z.strictObject({
  ...metricFields,
  symbol: symbolSchema.optional(),
  ts: ts.optional(),
});
export type MetricPush = z.infer<typeof metricPushSchema>;

/** What a producer posts to `/api/trades`, one of these a trade. */
export const tradePushSchema = z.strictObject({
  ...tradeFields,
  symbol: symbolSchema,
  ts: ts.optional(),
});
export type TradePush = z.infer<typeof tradePushSchema>;

/** An event on the wire: what was posted, its `kind` and its `ts`; the symbol is the room's (SPEC E-1). */
export const metricEventSchema = z.strictObject({
  kind: z.literal("metric"),
  ts: epochUsSchema,
  ...metricFields,
});
export const tradeEventSchema = z.strictObject({
  kind: z.literal("trade"),
  ts: epochUsSchema,
  ...tradeFields,
});
export const eventSchema = z.discriminatedUnion("kind", [metricEventSchema, tradeEventSchema]);

export type MetricEvent = z.infer<typeof metricEventSchema>;
export type TradeEvent = z.infer<typeof tradeEventSchema>;
export type TapeEvent = z.infer<typeof eventSchema>;

function hasNoNul(text: string): boolean {
  // Postgres text cannot hold U+0000 (https://www.postgresql.org/docs/current/datatype-character.html).
  return !text.includes("\u0000");
}
