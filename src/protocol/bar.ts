import * as z from "zod";
import { epochUsSchema } from "./time.ts";

/** Every interval a bar can have, and its length in seconds. */
export const INTERVAL_SECONDS = {
  "1s": 1,
  "5s": 5,
  "15s": 15,
  "1m": 60,
  "5m": 300,
  "15m": 900,
  "1h": 3_600,
  "4h": 14_400,
  "1d": 86_400,
} as const;

export type Interval = keyof typeof INTERVAL_SECONDS;
export const INTERVALS = Object.keys(INTERVAL_SECONDS) as readonly Interval[];

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
