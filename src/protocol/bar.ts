import * as z from "zod";
import { INTERVAL_SECONDS, type Interval } from "./interval.ts";
import { epochUsSchema } from "./time.ts";

export { INTERVAL_SECONDS, INTERVALS, type Interval } from "./interval.ts";

export const intervalSchema = z.enum(Object.keys(INTERVAL_SECONDS) as [Interval, ...Interval[]], {
  error: `must be one of ${Object.keys(INTERVAL_SECONDS).join(", ")}`,
});

/** An OHLCV candle; `ts` is the start of its bucket. */
export const barSchema = z.strictObject({
  ts: epochUsSchema,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  trades: z.int(),
});
export type Bar = z.infer<typeof barSchema>;
