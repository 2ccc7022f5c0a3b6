import * as z from "zod";
import { name } from "../words/name.ts";
import { finite } from "../words/number.ts";
import { symbolSchema } from "../words/symbol.ts";
import { epochUsSchema, ts } from "../words/time.ts";
import { utf8Bytes } from "../words/utf8.ts";
import { alertEventSchema } from "./alert.ts";
import { bookEventSchema } from "./book.ts";
import { logEventSchema } from "./log.ts";
import { noteEventSchema } from "./note.ts";
import { orderEventSchema } from "./order.ts";

/** Most labels on one point. */
export const MAX_LABELS = 32;
/** Most bytes of a metric's name and its labels as JSON: an index entry of Postgres holds 2,704. */
export const MAX_SERIES_BYTES = 2_500;

export const labelsSchema = z
  // A record passes over this one key in silence (zod 4.6), and what is posted must be kept or refused.
  .unknown()
  .refine((value) => !(value instanceof Object && Object.hasOwn(value, "__proto__")), {
    error: 'must not hold a label named "__proto__"',
    abort: true,
  })
  .pipe(z.record(name, name, { error: "must be an object of text by text" }))
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

const positionFields = {
  /** Held, in units of the instrument; negative is short, 0 is closed. */
  quantity: finite,
  /** What a unit of it cost on average. */
  avg_price: finite.optional(),
  /** Whose it is; a symbol has a position an account. */
  account: name.optional(),
};

const metricFields = { metric: name, value: finite, labels: labelsSchema.optional() };

/** What a producer posts to `/api/metrics`, one of these a point. Unknown fields are refused (SPEC I-4). */
export const metricPushSchema = z
  .strictObject({
    kind: z.literal("metric", { error: 'must be "metric" here' }).optional(),
    ...metricFields,
    symbol: symbolSchema.optional(),
    ts: ts.optional(),
  })
  .refine((push) => seriesBytes(push) <= MAX_SERIES_BYTES, {
    path: ["labels"],
    error: `are too long: metric and labels together may have ${MAX_SERIES_BYTES} bytes as JSON`,
  });
export type MetricPush = z.infer<typeof metricPushSchema>;

/** What a producer posts to `/api/trades`, one of these a trade. */
export const tradePushSchema = z.strictObject({
  kind: z.literal("trade", { error: 'must be "trade" here' }).optional(),
  ...tradeFields,
  symbol: symbolSchema,
  ts: ts.optional(),
});
export type TradePush = z.infer<typeof tradePushSchema>;

/** What a producer posts to `/api/positions`, one of these each time a position is another. */
export const positionPushSchema = z.strictObject({
  kind: z.literal("position", { error: 'must be "position" here' }).optional(),
  ...positionFields,
  symbol: symbolSchema,
  ts: ts.optional(),
});
export type PositionPush = z.infer<typeof positionPushSchema>;

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
export const positionEventSchema = z.strictObject({
  kind: z.literal("position"),
  ts: epochUsSchema,
  ...positionFields,
});
export const eventSchema = z.discriminatedUnion("kind", [
  metricEventSchema,
  tradeEventSchema,
  positionEventSchema,
  bookEventSchema,
  logEventSchema,
  orderEventSchema,
  noteEventSchema,
  alertEventSchema,
]);

export type MetricEvent = z.infer<typeof metricEventSchema>;
export type TradeEvent = z.infer<typeof tradeEventSchema>;
export type PositionEvent = z.infer<typeof positionEventSchema>;
export type TapeEvent = z.infer<typeof eventSchema>;

/** Bytes of UTF-8 by which Postgres knows the series; where they are too many, too many. */
export function seriesBytes({ metric, labels = {} }: { metric: string; labels?: Labels }): number {
  const text = metric + JSON.stringify(labels);
  // A character has at least one: those of 8 MiB take a tenth of a second to count.
  return text.length > MAX_SERIES_BYTES ? text.length : utf8Bytes(text);
}

type Labels = Record<string, string> | undefined;
