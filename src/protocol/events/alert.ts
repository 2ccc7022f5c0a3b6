import * as z from "zod";
import { epochUsSchema } from "../words/time.ts";

/** What an alert is in. `pending` waits for its rule's `for`; one that is over is `inactive` again. */
export const ALERT_STATES = ["inactive", "pending", "firing"] as const;

export const ALERT_SEVERITIES = ["info", "warning", "critical"] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** An alert of a rule has gone from one state to another (SPEC AL-4). No producer posts one. */
export const alertEventSchema = z.strictObject({
  kind: z.literal("alert"),
  /** When, in the time of the log. */
  ts: epochUsSchema,
  /** Name of the rule. */
  rule: z.string(),
  from: z.enum(ALERT_STATES),
  state: z.enum(ALERT_STATES),
  /** The series, where the rule is on a metric. */
  series: z.string().optional(),
  /** What the rule read then; absent where it reads none. */
  value: z.number().optional(),
  severity: z.enum(ALERT_SEVERITIES),
  message: z.string(),
});
export type AlertEvent = z.infer<typeof alertEventSchema>;
