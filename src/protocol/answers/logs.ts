import * as z from "zod";
import { logEventSchema } from "../events/log.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema } from "../words/time.ts";

/**
 * Answer of `POST /api/logs`: 202 once what was taken is durable, 200 with `?wait=stored` once it is in Postgres. `refused` names the
 * first 20 lines that were not taken, and `refused_count` counts all of them (SPEC LG-6).
 */
export const logsAcceptedSchema = z.object({
  accepted: z.int(),
  cursors: z.record(z.string(), cursorSchema),
  refused: z.array(z.object({ line: z.int(), why: z.string() })),
  refused_count: z.int(),
});
export type LogsAccepted = z.infer<typeof logsAcceptedSchema>;

export const logLineSchema = logEventSchema
  .omit({ kind: true })
  .extend({ symbol: symbolSchema, cursor: cursorSchema });

/**
 * `GET /api/logs`, the newest line first. `next` is the `after` of the next page where there are more. `complete` is false where some
 * of the newest lines could not be looked at, as while more wait for Postgres than the rooms have in memory.
 */
export const logsAnswerSchema = z.object({
  lines: z.array(logLineSchema),
  complete: z.boolean(),
  next: z.string().optional(),
});
export type LogsAnswer = z.infer<typeof logsAnswerSchema>;
