import * as z from "zod";
import { intervalSchema } from "../events/bar.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema, epochUsSchema } from "../words/time.ts";

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
 * symbol hold every trade up to its cursor, and none after it. `gone_before`: what was traded before is kept in longer bars alone,
 * and missing here (SPEC R-3).
 */
export const correlationAnswerSchema = z.strictObject({
  interval: intervalSchema,
  from: epochUsSchema,
  to: epochUsSchema,
  symbols: z.array(symbolSchema),
  cursors: z.record(z.string(), cursorSchema),
  pairs: z.array(pairSchema),
  gone_before: epochUsSchema.optional(),
});
export type CorrelationAnswer = z.infer<typeof correlationAnswerSchema>;

/** Why a figure is not there. `overflow`: it is beyond the numbers a double holds. */
export const figureReasonSchema = z.enum([
  "zero_volatility",
  "no_downside",
  "no_drawdown",
  "overflow",
]);
export type FigureReason = z.infer<typeof figureReasonSchema>;

/** A number, or null and why. */
export const figureSchema = z.union([
  z.strictObject({ value: z.number() }),
  z.strictObject({ value: z.null(), reason: figureReasonSchema }),
]);
export type Figure = z.infer<typeof figureSchema>;

/** `depth` is relative to the peak and negative: -0.2 is 20 % below it. `recovery` null: not back at the peak so far. */
export const drawdownSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("drawdown"),
    depth: z.number().min(-1).max(0),
    peak: epochUsSchema,
    trough: epochUsSchema,
    recovery: epochUsSchema.nullable(),
  }),
  /** No value is below an earlier one. */
  z.strictObject({ kind: z.literal("none") }),
]);
export type Drawdown = z.infer<typeof drawdownSchema>;

/** What one period may lose, as a part of the value: 0.03 is a loss of 3 %, and below zero it is a gain. */
const lossFields = { value_at_risk: figureSchema, expected_shortfall: figureSchema };

/** The loss that a period stays below with probability `level`, and the mean loss of those that do not. */
export const tailRiskSchema = z.strictObject({
  level: z.number(),
  historical: z.strictObject(lossFields),
  gaussian: z.strictObject(lossFields),
  /** `holds` false: skewness and kurtosis lie outside the expansion's domain, where its quantiles are not in order. */
  cornish_fisher: z.strictObject({ holds: z.boolean(), ...lossFields }),
});
export type TailRisk = z.infer<typeof tailRiskSchema>;

/** Figures of simple returns from bucket to bucket; `observations` counts them. Moments are starts of buckets. */
export const riskSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ok"),
    observations: z.int(),
    first: epochUsSchema,
    last: epochUsSchema,
    total_return: figureSchema,
    annualised_return: figureSchema,
    volatility: figureSchema,
    sharpe: figureSchema,
    sortino: figureSchema,
    calmar: figureSchema,
    max_drawdown: drawdownSchema,
    skewness: figureSchema,
    excess_kurtosis: figureSchema,
    tails: z.array(tailRiskSchema),
  }),
  z.strictObject({
    kind: z.literal("too_little_data"),
    observations: z.int(),
    needed: z.int(),
  }),
  /** A value of zero or below, the first one at `ts`: there is no return from it. */
  z.strictObject({
    kind: z.literal("not_positive"),
    observations: z.int(),
    ts: epochUsSchema,
  }),
]);
export type Risk = z.infer<typeof riskSchema>;

/**
 * `GET /api/analytics/risk`, of a symbol's closes, or of the last values of a series where `metric` is there. It says with
 * which `risk_free` rate a year and how many `periods_per_year` it was worked out. `gone_before` as above.
 */
export const riskAnswerSchema = z.strictObject({
  symbol: symbolSchema,
  metric: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  interval: intervalSchema,
  from: epochUsSchema,
  to: epochUsSchema,
  cursor: cursorSchema,
  risk_free: z.number(),
  periods_per_year: z.number(),
  risk: riskSchema,
  gone_before: epochUsSchema.optional(),
});
export type RiskAnswer = z.infer<typeof riskAnswerSchema>;
