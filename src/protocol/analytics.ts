import * as z from "zod";
import { intervalSchema } from "./bar.ts";
import { symbolSchema } from "./symbol.ts";
import { cursorSchema, epochUsSchema } from "./time.ts";

/** Which one of a pair. */
const sideSchema = z.enum(["a", "b"]);

/** How the log returns of two symbols go together; `observations` counts the returns that both have. */
export const correlationSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ok"),
    observations: z.int(),
    pearson: z.number().min(-1).max(1),
    spearman: z.number().min(-1).max(1),
  }),
  z.strictObject({
    kind: z.literal("too_little_data"),
    observations: z.int(),
    needed: z.int(),
  }),
  /** The returns of these do not vary, so nothing varies with them. */
  z.strictObject({
    kind: z.literal("constant"),
    observations: z.int(),
    constant: z.array(sideSchema),
  }),
  /** These close at zero or below in a common bucket, the first one at `ts`: such a close has no logarithm. */
  z.strictObject({
    kind: z.literal("not_positive"),
    observations: z.int(),
    not_positive: z.array(sideSchema),
    ts: epochUsSchema,
  }),
]);
export type Correlation = z.infer<typeof correlationSchema>;

const pairSchema = z.strictObject({
  a: symbolSchema,
  b: symbolSchema,
  correlation: correlationSchema,
});
export type CorrelatedPair = z.infer<typeof pairSchema>;

/**
 * `GET /api/analytics/correlation`: every pair once, in the order of `symbols`. The bars begin in [from, to); those of a
 * symbol hold every trade up to its cursor, and none after it.
 */
export const correlationAnswerSchema = z.strictObject({
  interval: intervalSchema,
  from: epochUsSchema,
  to: epochUsSchema,
  symbols: z.array(symbolSchema),
  cursors: z.record(z.string(), cursorSchema),
  pairs: z.array(pairSchema),
});
export type CorrelationAnswer = z.infer<typeof correlationAnswerSchema>;
