import * as z from "zod";
import { barSchema, intervalSchema } from "../events/bar.ts";
import { POSTED_INTERVALS } from "../events/bar-push.ts";
import { bookEventSchema } from "../events/book.ts";
import { eventSchema, positionEventSchema, tradeEventSchema } from "../events/event.ts";
import { joinedFramesSchema } from "../socket/server-message.ts";
import { logIdSchema } from "../words/log-id.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema, epochUsSchema } from "../words/time.ts";

/**
 * Answer of the ingest routes: 202 once durable, 200 with `?wait=stored` once in Postgres. `set_aside` comes with 200 alone: how
 * many of the events are of closed hours and count nowhere, by symbol; absent where there are none (SPEC K-1).
 */
export const acceptedSchema = z.object({
  accepted: z.int(),
  cursors: z.record(z.string(), cursorSchema),
  set_aside: z.record(z.string(), z.int()).optional(),
});
export type Accepted = z.infer<typeof acceptedSchema>;

/**
 * Why a change is no figure: nothing was traded, the price it would be a part of is zero or below, or there is none, as of a first
 * imported day.
 */
const NO_CHANGE = ["no_trade", "base_not_positive", "no_base"] as const;

/**
 * One line of `GET /api/symbols`. `last_ts` is the moment of the last trade. Where nobody has pushed a trade, but bars were imported,
 * `last` is the close of the newest, `last_ts` where it begins and `last_interval` how long it is. `change` is relative (0.01 = 1 %)
 * over the 24 h before the last trade, of imported bars over the last close of a day before; where it is null, `change_reason` says why.
 */
export const symbolSummarySchema = z.object({
  symbol: symbolSchema,
  last: z.number().nullable(),
  last_ts: epochUsSchema.nullable(),
  last_interval: z.enum(POSTED_INTERVALS).optional(),
  change: z.number().nullable(),
  change_reason: z.enum(NO_CHANGE).optional(),
  volume: z.number(),
  last_event: epochUsSchema.nullable(),
  viewers: z.int(),
  /** When bars were last posted for it; absent where its host, since it began, has heard of none. */
  bars_posted: epochUsSchema.optional(),
});
export const symbolsAnswerSchema = z.object({
  symbols: z.array(symbolSummarySchema),
  /** False while Postgres, which may know more, could not be asked. */
  complete: z.boolean(),
});
export type DayChange = { value: number } | { value: null; reason: (typeof NO_CHANGE)[number] };
export type SymbolSummary = z.infer<typeof symbolSummarySchema>;
export type SymbolsAnswer = z.infer<typeof symbolsAnswerSchema>;

/** A range of a poll's answer that lacks events: see the message `gap`. */
export const pollGapSchema = z.object({
  from: cursorSchema,
  to: cursorSchema,
  reason: z.enum(["expired", "unavailable"]),
});

/**
 * `GET /api/rooms/:symbol/events`: the events after `since`. `frames` and `log` as in the messages; there is no
 * `log` where the room does not know yet what was before it. `complete` is false where some could not be had, and `gaps` says
 * of which ranges, in order, and why, as in the message `gap`. `reset` says that the cursor that came is of another life of the log, and
 * that nothing is known of what was after it.
 */
export const pollAnswerSchema = z.object({
  events: z.array(eventSchema),
  frames: joinedFramesSchema.optional(),
  cursor: cursorSchema,
  oldest: cursorSchema,
  log: logIdSchema.optional(),
  complete: z.boolean(),
  gaps: z.array(pollGapSchema).optional(),
  reset: z.literal(true).optional(),
});
export type PollGap = z.infer<typeof pollGapSchema>;
export type PollAnswer = z.infer<typeof pollAnswerSchema>;

/**
 * `GET /api/positions/:symbol`: the newest position of each account, by account, with everything up to `cursor` in it. `accounts`
 * is how many there are; where they are more than are asked for, `truncated` says so and `next` is the `after` of the next page.
 */
export const positionsAnswerSchema = z.object({
  symbol: symbolSchema,
  cursor: cursorSchema,
  positions: z.array(positionEventSchema),
  accounts: z.int(),
  truncated: z.boolean(),
  next: z.string().optional(),
});
export type PositionsAnswer = z.infer<typeof positionsAnswerSchema>;

/** `GET /api/trades/:symbol`: the newest trades, the newest first, of all up to `cursor` (SPEC R-4). */
export const tradesAnswerSchema = z.object({
  symbol: symbolSchema,
  cursor: cursorSchema,
  /** Absent where everything acknowledged is in it. */
  complete: z.literal(false).optional(),
  trades: z.array(tradeEventSchema),
});
export type TradesAnswer = z.infer<typeof tradesAnswerSchema>;

/** `GET /api/books/:symbol`: the book, as a snapshot with everything up to `cursor` in it; null before the first one. */
export const bookAnswerSchema = z.object({
  symbol: symbolSchema,
  cursor: cursorSchema,
  book: bookEventSchema.nullable(),
});
export type BookAnswer = z.infer<typeof bookAnswerSchema>;

/** Where an answer is cut to the newest: the rest of its range is what the same question with `to` = `next` gives (SPEC R-3). */
const truncation = { truncated: z.literal(true).optional(), next: epochUsSchema.optional() };

/**
 * `GET /api/history/:symbol`, oldest bar first. Every trade up to `cursor` is in the bars and none after it, so a
 * viewer that connects with `since=cursor` continues them without a seam. `gone_before`: what was traded before is kept in longer
 * bars alone.
 */
export const historyAnswerSchema = z.object({
  symbol: symbolSchema,
  interval: intervalSchema,
  cursor: cursorSchema,
  bars: z.array(barSchema),
  ...truncation,
  gone_before: epochUsSchema.optional(),
});
export type HistoryAnswer = z.infer<typeof historyAnswerSchema>;

const column = z.array(z.number());
const optionalColumn = z.array(z.number().nullable());

/**
 * One line of a chart: columns of equal length, oldest first. A `rate` is null where two points are not to be had, `p95`
 * and `p99` where some points of the bucket came when the raw data of the others was gone. `whole_buckets`: starts of buckets
 * that `from` or `to` should have cut, and that have all of a minute or an hour there, as its points are gone (SPEC R-2).
 * `gone_before`: what was before is kept in longer buckets alone, and missing here.
 */
export const seriesColumnsSchema = z.object({
  metric: z.string(),
  symbol: symbolSchema,
  labels: z.record(z.string(), z.string()),
  ts: z.array(epochUsSchema),
  avg: column.optional(),
  min: column.optional(),
  max: column.optional(),
  sum: column.optional(),
  count: column.optional(),
  first: column.optional(),
  last: column.optional(),
  p50: column.optional(),
  p95: optionalColumn.optional(),
  p99: optionalColumn.optional(),
  rate: optionalColumn.optional(),
  whole_buckets: z.array(epochUsSchema).optional(),
  gone_before: epochUsSchema.optional(),
});
export type SeriesColumns = z.infer<typeof seriesColumnsSchema>;

/** `GET /api/series`: one entry a label set. `step_us` 0: the points themselves, in `last`. `cursor` as in history. */
export const seriesAnswerSchema = z.object({
  cursor: cursorSchema,
  step_us: z.int(),
  series: z.array(seriesColumnsSchema),
  ...truncation,
});
export type SeriesAnswer = z.infer<typeof seriesAnswerSchema>;

/**
 * `GET /api/metrics/names?symbol=`: the series of a symbol, each with the moment of its newest point. `series` is how many there
 * are; where they are more than are asked for, `truncated` says so and `next` is the `after` of the next page.
 */
export const metricNamesAnswerSchema = z.object({
  metrics: z.array(
    z.object({
      metric: z.string(),
      labels: z.record(z.string(), z.string()),
      last_ts: epochUsSchema.nullable(),
    }),
  ),
  series: z.int(),
  truncated: z.boolean(),
  next: z.string().optional(),
});
export type MetricNamesAnswer = z.infer<typeof metricNamesAnswerSchema>;
