import * as z from "zod";
import { symbolSchema } from "../words/symbol.ts";
import { epochUsSchema } from "../words/time.ts";

/** What bears an id: an event as on the wire with its symbol, or, of the kind `own_log`, a line of Edgetape's own log. */
export const tracedEventSchema = z.looseObject({
  kind: z.string(),
  ts: epochUsSchema,
  symbol: symbolSchema.optional(),
});
export type TracedEvent = z.infer<typeof tracedEventSchema>;

/**
 * `GET /api/trace/:correlation_id`, oldest first. `truncated`: there is more, before the first of these. `complete` is false where some
 * of the newest events could not be looked at.
 */
export const traceAnswerSchema = z.object({
  correlation_id: z.string(),
  events: z.array(tracedEventSchema),
  truncated: z.boolean(),
  complete: z.boolean(),
});
export type TraceAnswer = z.infer<typeof traceAnswerSchema>;
