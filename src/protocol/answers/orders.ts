import * as z from "zod";
import { noteEventSchema } from "../events/note.ts";
import { orderEventSchema } from "../events/order.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema, epochUsSchema } from "../words/time.ts";

const asked = {
  symbol: symbolSchema,
  /** Every state up to it is in the answer. */
  cursor: cursorSchema,
  /** More of the symbol waits for Postgres than an answer looks through: states behind `cursor` are missing. */
  complete: z.literal(false).optional(),
};

/**
 * `GET /api/orders/:symbol`: the newest state of each order, those that began last first. Where there are more than were asked for,
 * `truncated` says so, `next` is the `after` of the next page, and `total` is how many are asked for on all pages together.
 */
export const ordersAnswerSchema = z.object({
  ...asked,
  orders: z.array(orderEventSchema),
  /** `at_least`: they were counted no further. */
  total: z.object({ kind: z.enum(["exact", "at_least"]), count: z.int() }),
  truncated: z.boolean(),
  next: z.string().optional(),
});
export type OrdersAnswer = z.infer<typeof ordersAnswerSchema>;

const legsSchema = z.object({
  sent_to_acknowledged: z.int().nullable(),
  acknowledged_to_filled: z.int().nullable(),
  sent_to_final: z.int().nullable(),
});

const againstSchema = z.object({
  book_price: z.number(),
  price: z.number(),
  basis_points: z.number().nullable(),
});

/** Why an order has no slippage: which of what it is made of nobody said. */
const NO_SLIPPAGE = ["no_fill", "no_side", "no_price", "no_book"] as const;
export type NoSlippage = (typeof NO_SLIPPAGE)[number];

/** What a unit cost more than the book's prices when the order was sent: above 0 is to the order's loss. */
const slippageSchema = z.object({
  quantity: z.number(),
  avg_price: z.number(),
  book_ts: epochUsSchema,
  mid: againstSchema.nullable(),
  opposite: againstSchema.nullable(),
});

const slippage = {
  slippage: slippageSchema.nullable(),
  /** Why there is none. */
  slippage_reason: z.enum(NO_SLIPPAGE).optional(),
};

/**
 * `GET /api/orders/:symbol/:id`: all orders of that id, which several venues and accounts may have. `states` are in time, `legs` in
 * microseconds, and a fill is what `filled` and `avg_price` grew by.
 */
export const orderAnswerSchema = z.object({
  ...asked,
  id: z.string(),
  orders: z.array(
    z.object({
      venue: z.string().optional(),
      account: z.string().optional(),
      states: z.array(orderEventSchema),
      legs: legsSchema,
      fills: z.array(
        z.object({ ts: epochUsSchema, quantity: z.number(), price: z.number().nullable() }),
      ),
      ...slippage,
    }),
  ),
});
export type Against = z.infer<typeof againstSchema>;
export type Slippage = z.infer<typeof slippageSchema>;
export type OrderAnswer = z.infer<typeof orderAnswerSchema>;

/** The asked range, and how many orders began in it. */
const ranged = { ...asked, from: epochUsSchema, to: epochUsSchema, orders: z.int() };

const legLatencySchema = z.object({
  count: z.int(),
  p50_us: z.number().nullable(),
  p90_us: z.number().nullable(),
  p99_us: z.number().nullable(),
  max_us: z.number().nullable(),
});

/** `GET /api/orders/:symbol/latency`: of orders that began in the range, leg by leg; `count` of them have that leg. */
export const latencyAnswerSchema = z.object({
  ...ranged,
  legs: z.object({
    sent_to_acknowledged: legLatencySchema,
    acknowledged_to_filled: legLatencySchema,
    sent_to_final: legLatencySchema,
  }),
});
export type LatencyAnswer = z.infer<typeof latencyAnswerSchema>;

const meanSchema = z.object({
  /** Orders that count, and what was filled of them. */
  orders: z.int(),
  quantity: z.number(),
  /** Means over what was filled; null where nothing was. */
  price: z.number().nullable(),
  basis_points: z.number().nullable(),
});

/** `GET /api/orders/:symbol/slippage`: of orders that began in the range; `unknown` counts those without, by reason. */
export const slippageAnswerSchema = z.object({
  ...ranged,
  mid: meanSchema,
  opposite: meanSchema,
  unknown: z.object({
    no_fill: z.int(),
    no_side: z.int(),
    no_price: z.int(),
    no_book: z.int(),
  }),
});
export type SlippageAnswer = z.infer<typeof slippageAnswerSchema>;

const stepSchema = z.object({
  from_ts: epochUsSchema,
  to_ts: epochUsSchema,
  change: z.number(),
  filled: z.number(),
  unexplained: z.number(),
});

/**
 * `GET /api/orders/:symbol/reconciliation`: by account, what fills of orders explain of the position. `whole` is from its first to its
 * last state in the range (null where there are no two), `steps` are those that fills do not explain, the first 1,000 of them.
 */
export const reconciliationAnswerSchema = z.object({
  ...asked,
  from: epochUsSchema,
  to: epochUsSchema,
  accounts: z.array(
    z.object({
      account: z.string().optional(),
      whole: stepSchema.nullable(),
      steps: z.array(stepSchema),
      truncated: z.literal(true).optional(),
      filled_since: z.number(),
      fills_without_side: z.int(),
    }),
  ),
});
export type ReconciliationAnswer = z.infer<typeof reconciliationAnswerSchema>;

/**
 * `GET /api/notes/:symbol`: the notes of a range, the newest first. Where there are more than were asked for, `truncated` says so
 * and `next` is the `after` of the next page.
 */
export const notesAnswerSchema = z.object({
  ...asked,
  notes: z.array(noteEventSchema),
  truncated: z.boolean(),
  next: z.string().optional(),
});
export type NotesAnswer = z.infer<typeof notesAnswerSchema>;
