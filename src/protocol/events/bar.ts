import * as z from "zod";
import { INTERVAL_SECONDS, type Interval } from "../words/interval.ts";
import { epochUsSchema } from "../words/time.ts";

export { INTERVAL_SECONDS, INTERVALS, type Interval } from "../words/interval.ts";

export const intervalSchema = z.enum(Object.keys(INTERVAL_SECONDS) as [Interval, ...Interval[]], {
  error: `must be one of ${Object.keys(INTERVAL_SECONDS).join(", ")}`,
});

/**
 * An OHLCV candle; `ts` is the start of its bucket. `trades` is absent where nobody has said how many there were, as of bars from
 * elsewhere, and of a bar with such a part.
 */
export const barSchema = z.strictObject({
  ts: epochUsSchema,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  trades: z.int().optional(),
});
export type Bar = z.infer<typeof barSchema>;
