import * as z from "zod";
import { intervalSchema } from "../events/bar.ts";
import { isStorable, MAX_NAME_LENGTH } from "../words/name.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema, epochUsSchema } from "../words/time.ts";

/** Most symbols of one attribution, those of the benchmark among them. */
export const MAX_ATTRIBUTED_SYMBOLS = 50;
/** Weights add up to one but for this much, as thirds written to six digits do. */
const WEIGHTS_ROUNDING = 1e-5;

/** An amount of money to the cent, in the currency of the prices. */
const amountSchema = z.number();

/** What is held of a symbol at a border of the range. `price` is the last close before it, of the bucket that begins at `price_ts`. */
const valuationSchema = z.strictObject({
  quantity: z.number(),
  price: z.number().nullable(),
  price_ts: epochUsSchema.nullable(),
  value: amountSchema,
});
export type ValuationAnswer = z.infer<typeof valuationSchema>;

/** Profit and loss of one symbol: `end.value - start.value = pnl + net_flow`. */
export const symbolPnlSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ok"),
    start: valuationSchema,
    end: valuationSchema,
    /** Paid for what was bought, less what was received for what was sold. */
    net_flow: amountSchema,
    pnl: amountSchema,
    /** How many changes of position were priced how. */
    trades: z.strictObject({ from_avg_price: z.int(), at_close: z.int() }),
  }),
  /** No position of it was ever pushed for this account, or any. */
  z.strictObject({ kind: z.literal("no_position") }),
  /** Before `ts` it has no close, and something was held or traded then. */
  z.strictObject({ kind: z.literal("no_price"), ts: epochUsSchema }),
  /** An amount is beyond what a double tells to the cent. */
  z.strictObject({ kind: z.literal("too_large") }),
]);
export type SymbolPnl = z.infer<typeof symbolPnlSchema>;

/** All symbols together, by adding their cents: `change = pnl + net_flow`. `fees` null: not asked for. */
export const totalPnlSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ok"),
    start_value: amountSchema,
    end_value: amountSchema,
    change: amountSchema,
    net_flow: amountSchema,
    pnl: amountSchema,
    fees: amountSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal("no_position") }),
  /** These are without figures, so there is no sum of all. */
  z.strictObject({ kind: z.literal("incomplete"), symbols: z.array(symbolSchema) }),
  z.strictObject({ kind: z.literal("too_large") }),
]);
export type TotalPnl = z.infer<typeof totalPnlSchema>;

const valuePointSchema = z.strictObject({ ts: epochUsSchema, value: amountSchema });

/** The change of the reported value of the portfolio, its cash included: `change = pnl - fees + residual`. */
export const reportedValueSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ok"),
    start: valuePointSchema,
    end: valuePointSchema,
    change: amountSchema,
    /** What P&L and fees do not explain: money paid in or out, interest, other symbols, other fills. */
    residual: amountSchema,
  }),
  /** There is no point at or before `from`, or none after it up to `to`. */
  z.strictObject({ kind: z.literal("too_little_data"), missing: z.enum(["start", "end"]) }),
  /** There is no P&L of all symbols to compare it with. */
  z.strictObject({ kind: z.literal("incomplete") }),
  z.strictObject({ kind: z.literal("too_large") }),
]);
export type ReportedValue = z.infer<typeof reportedValueSchema>;

const effects = { allocation: z.number(), selection: z.number(), interaction: z.number() };

/** A return is null where the segment has no part in that side. */
export const segmentEffectsSchema = z.strictObject({
  segment: z.string(),
  portfolio_weight: z.number(),
  benchmark_weight: z.number(),
  portfolio_return: z.number().nullable(),
  benchmark_return: z.number().nullable(),
  ...effects,
});
export type SegmentEffects = z.infer<typeof segmentEffectsSchema>;

/** `excess_return = portfolio_return - benchmark_return = allocation + selection + interaction`, but for rounding of doubles. */
export const brinsonFachlerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ok"),
    portfolio_return: z.number(),
    benchmark_return: z.number(),
    excess_return: z.number(),
    ...effects,
    segments: z.array(segmentEffectsSchema),
  }),
  z.strictObject({ kind: z.literal("no_position") }),
  /** These symbols of the portfolio are without figures. */
  z.strictObject({ kind: z.literal("incomplete"), symbols: z.array(symbolSchema) }),
  /** These symbols of the benchmark have no close before `from`. */
  z.strictObject({ kind: z.literal("no_price"), symbols: z.array(symbolSchema) }),
  /** These symbols of the benchmark have one of zero or below, from which there is no return. */
  z.strictObject({ kind: z.literal("not_positive"), symbols: z.array(symbolSchema) }),
  /** What is held comes to nothing or less, in all, or in these segments that gained or lost: there is no return on that. */
  z.strictObject({ kind: z.literal("no_capital"), segments: z.array(z.string()) }),
  /** A figure is beyond the doubles. */
  z.strictObject({ kind: z.literal("overflow") }),
]);
export type BrinsonFachler = z.infer<typeof brinsonFachlerSchema>;

/**
 * `GET` and `POST /api/analytics/attribution`: profit and loss from `from` to `to`, both borders of buckets of `interval`.
 * `account` null: of all. `reported` is there where `value` was asked for, `brinson_fachler` where a benchmark was posted.
 * `gone_before`: closes or values of before are kept in longer buckets alone, or no more, and missing here (SPEC R-3).
 * `whole_buckets`: starts of hours that `from` or `to` should have cut, and all of whose fees count, as no more is known.
 */
export const attributionAnswerSchema = z.strictObject({
  interval: intervalSchema,
  from: epochUsSchema,
  to: epochUsSchema,
  account: z.string().nullable(),
  cursors: z.record(z.string(), cursorSchema),
  by_symbol: z.array(
    z.strictObject({
      symbol: symbolSchema,
      pnl: symbolPnlSchema,
      fees: amountSchema.nullable(),
    }),
  ),
  total: totalPnlSchema,
  reported: reportedValueSchema.optional(),
  brinson_fachler: brinsonFachlerSchema.optional(),
  gone_before: epochUsSchema.optional(),
  whole_buckets: z.array(epochUsSchema).optional(),
});
export type AttributionAnswer = z.infer<typeof attributionAnswerSchema>;

const segmentSchema = z
  .string({ error: "must be a string" })
  .min(1, { error: "must not be empty" })
  .max(MAX_NAME_LENGTH, { error: `must be at most ${MAX_NAME_LENGTH} characters` });

const benchmarkEntrySchema = z
  .strictObject({
    /** Its return is that of its closes, its segment that of `segments`. */
    symbol: symbolSchema.optional(),
    /** With `return`: a part of the benchmark that is not on the tape. */
    segment: segmentSchema.optional(),
    weight: z
      .number({ error: "must be a number from 0 to 1" })
      .min(0, { error: "must not be negative" })
      .max(1, { error: "must be at most 1: 0.25 is 25 %" }),
    /** Over the whole range. */
    return: z
      .number({ error: "must be a number" })
      .min(-1, { error: "must be -1, which is the loss of all, or more" })
      .max(1_000, { error: "must be at most 1000: 0.04 is 4 %" })
      .optional(),
  })
  .refine(
    (entry) =>
      entry.symbol === undefined
        ? entry.segment !== undefined && entry.return !== undefined
        : entry.segment === undefined && entry.return === undefined,
    { error: "must be {symbol, weight}, or {segment, weight, return}" },
  );

/** What is posted to `/api/analytics/attribution`. A symbol that `segments` does not name is a segment of its own. */
export const benchmarkPushSchema = z.strictObject(
  {
    benchmark: z
      .array(benchmarkEntrySchema, { error: "must be an array of {symbol, weight}" })
      .min(1, { error: "must not be empty", abort: true })
      .max(MAX_ATTRIBUTED_SYMBOLS, { error: `must hold at most ${MAX_ATTRIBUTED_SYMBOLS}` })
      .refine((entries) => Math.abs(weightOf(entries) - 1) <= WEIGHTS_ROUNDING, {
        error: (issue) =>
          `has weights that add up to ${weightOf(issue.input as { weight: number }[])}: they must add up to 1`,
      })
      .refine(
        (entries) => {
          const symbols = entries.flatMap(({ symbol }) => (symbol === undefined ? [] : [symbol]));
          return new Set(symbols).size === symbols.length;
        },
        { error: "names a symbol twice" },
      ),
    segments: z
      .record(z.string(), segmentSchema, { error: "must be an object of segment by symbol" })
      .optional(),
  },
  { error: "must be an object with benchmark" },
);
export type BenchmarkPush = z.infer<typeof benchmarkPushSchema>;

function weightOf(entries: readonly { weight: number }[]): number {
  return Number(entries.reduce((sum, { weight }) => sum + weight, 0).toPrecision(12));
}

/** Whether the text can be the name of an account or a metric. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && isStorable(text);
}
