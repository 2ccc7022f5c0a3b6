import * as z from "zod";
import { finite } from "../words/number.ts";
import { symbolSchema } from "../words/symbol.ts";
import { ts } from "../words/time.ts";

/** Intervals a bar can be posted in, and their lengths in seconds: those that bars of any interval are made of. */
export const POSTED_INTERVAL_SECONDS = { "1m": 60, "1h": 3_600, "1d": 86_400 } as const;

export type PostedInterval = keyof typeof POSTED_INTERVAL_SECONDS;
export const POSTED_INTERVALS = Object.keys(POSTED_INTERVAL_SECONDS) as [
  PostedInterval,
  ...PostedInterval[],
];

/** More trades in a bar than any market has; sums over a day stay exact. */
const MAX_TRADES = 1e12;

/** Microseconds of an offset such as `30m`, `13h` or `13h30m`; null where it is none. */
export function readOffsetUs(text: string): number | null {
  const match = /^(?:(\d{1,2})h)?(?:(\d{1,4})m)?$/.exec(text);
  if (match === null || text === "") return null;
  return (Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)) * 60_000_000;
}

/** What is posted to `/api/bars`, one of these a bar (SPEC I-12). */
export const barPushSchema = z
  .strictObject({
    symbol: symbolSchema,
    interval: z.enum(POSTED_INTERVALS, {
      error:
        "must be 1m, 1h or 1d: put shorter and other bars together to one of these; longer ones cannot be taken apart",
    }),
    /** Where buckets begin that do not at the multiples of their length (SPEC I-20): so long after them. */
    offset: z
      .string({ error: "must be a string" })
      .refine((text) => readOffsetUs(text) !== null, {
        error: "must be hours and minutes, such as 30m or 13h30m",
      })
      .optional(),
    /** The start of its bucket. */
    ts,
    open: finite,
    high: finite,
    low: finite,
    close: finite,
    volume: finite.nonnegative({ error: "must not be negative" }),
    /** How many trades it stands for; absent where that is not known. */
    trades: z
      .int({ error: "must be an integer" })
      .min(0, { error: "must not be negative" })
      .max(MAX_TRADES, { error: `must be at most ${MAX_TRADES}` })
      .optional(),
  })
  .refine(
    ({ interval, offset }) =>
      offset === undefined ||
      (readOffsetUs(offset) ?? 0) < POSTED_INTERVAL_SECONDS[interval] * 1_000_000,
    { path: ["offset"], error: "must be shorter than the interval" },
  )
  .refine(({ low, open, close }) => low <= Math.min(open, close), {
    path: ["low"],
    error: "must not be above open or close",
  })
  .refine(({ high, open, close }) => high >= Math.max(open, close), {
    path: ["high"],
    error: "must not be below open or close",
  });
export type BarPush = z.infer<typeof barPushSchema>;

/** Answer of `POST /api/bars`: 200, they are in Postgres. */
export const barsAcceptedSchema = z.object({ accepted: z.int() });
export type BarsAccepted = z.infer<typeof barsAcceptedSchema>;
