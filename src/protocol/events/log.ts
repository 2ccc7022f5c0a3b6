import * as z from "zod";
import { epochUsSchema } from "../words/time.ts";

/** How grave a log line is, the least first (SPEC LG-3). */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Longest event of a log line, and most characters of all its fields as JSON; what is longer is cut. */
export const MAX_LOG_EVENT_CHARS = 16_384;
export const MAX_LOG_FIELDS_CHARS = 16_384;
/** Longest service, correlation id and name of a field. */
export const MAX_LOG_NAME_CHARS = 200;

const name = z.string().min(1).max(MAX_LOG_NAME_CHARS);

/** A log line on the wire: what happened, and in `fields` whatever else its logger said of it (SPEC LG-2). */
export const logEventSchema = z.strictObject({
  kind: z.literal("log"),
  ts: epochUsSchema,
  level: z.enum(LOG_LEVELS),
  event: z.string(),
  service: name.optional(),
  correlation_id: name.optional(),
  fields: z.record(z.string(), z.unknown()).optional(),
  /** Some of the line was too long to be kept. */
  cut: z.literal(true).optional(),
});
export type LogEvent = z.infer<typeof logEventSchema>;
