import * as z from "zod";
import { name } from "../words/name.ts";
import { finite } from "../words/number.ts";
import { ORDER_STATUSES } from "../words/order-status.ts";
import { symbolSchema } from "../words/symbol.ts";
import { epochUsSchema, ts } from "../words/time.ts";

const orderFields = {
  /** Its name at the venue and in the account. */
  id: name,
  status: z.enum(ORDER_STATUSES, { error: `must be one of ${ORDER_STATUSES.join(", ")}` }),
  side: z.enum(["buy", "sell"], { error: 'must be "buy" or "sell"' }).optional(),
  /** What it is called there: limit, market, stop... */
  type: name.optional(),
  quantity: finite
    .nonnegative({ error: "must not be negative; say the direction in side" })
    .optional(),
  /** Its limit. */
  price: finite.optional(),
  /** How much of it is filled so far, in all. */
  filled: finite
    .nonnegative({ error: "must not be negative; say the direction in side" })
    .optional(),
  /** What a unit of that cost on average. */
  avg_price: finite.optional(),
  venue: name.optional(),
  account: name.optional(),
  /** What lines, metrics and other orders of the same cause bear as well. */
  correlation_id: name.optional(),
};

/** What a producer posts to `/api/orders`, one of these each time an order is in another state. */
export const orderPushSchema = z.strictObject({
  kind: z.literal("order", { error: 'must be "order" here' }).optional(),
  ...orderFields,
  symbol: symbolSchema,
  ts: ts.optional(),
});
export type OrderPush = z.infer<typeof orderPushSchema>;

/** A state of an order on the wire: all that was said of the order then. */
export const orderEventSchema = z.strictObject({
  kind: z.literal("order"),
  ts: epochUsSchema,
  ...orderFields,
});
export type OrderEvent = z.infer<typeof orderEventSchema>;
