import * as z from "zod";
import { alertRulePutSchema, alertRuleSchema } from "../alerts/rule.ts";
import { ALERT_SEVERITIES, alertEventSchema } from "../events/alert.ts";
import { symbolSchema } from "../words/symbol.ts";
import { epochUsSchema, ts } from "../words/time.ts";

/** A rule, and when it was set. */
export const keptAlertRuleSchema = alertRuleSchema.extend({
  set_at: epochUsSchema,
  /** Hosts that have not heard of it yet, and will: absent where all have. */
  waiting: z.int().optional(),
});
export type KeptAlertRule = z.infer<typeof keptAlertRuleSchema>;

/** `GET /api/alerts/rules`: the rules that the token may see, by name. */
export const alertRulesAnswerSchema = z.object({ rules: z.array(keptAlertRuleSchema) });
export type AlertRulesAnswer = z.infer<typeof alertRulesAnswerSchema>;

/** `PUT /api/alerts/rules`: names of rules, by what became of each. */
export const alertRulesSetSchema = z.object({
  made: z.array(z.string()),
  changed: z.array(z.string()),
  deleted: z.array(z.string()),
  unchanged: z.array(z.string()),
  /** Hosts that have not heard of it yet, and will: absent where all have. */
  waiting: z.int().optional(),
});
export type AlertRulesSet = z.infer<typeof alertRulesSetSchema>;

/** `GET /api/alerts`: what is pending or firing now. `complete` is false where some room could not be asked. */
export const alertsAnswerSchema = z.object({
  alerts: z.array(
    z.object({
      symbol: symbolSchema,
      rule: z.string(),
      series: z.string().optional(),
      state: z.enum(["pending", "firing"]),
      since: epochUsSchema,
      value: z.number().nullable(),
      severity: z.enum(ALERT_SEVERITIES),
      /** What people are told of it now. */
      message: z.string(),
    }),
  ),
  complete: z.boolean(),
});
export type AlertsAnswer = z.infer<typeof alertsAnswerSchema>;

const change = alertEventSchema.omit({ kind: true }).extend({ symbol: symbolSchema });

/** `GET /api/alerts/history`: what alerts have done, the newest first; `next` is the `after` of the next page. */
export const alertHistoryAnswerSchema = z.object({
  changes: z.array(change),
  truncated: z.boolean(),
  next: z.string().optional(),
});
export type AlertHistoryAnswer = z.infer<typeof alertHistoryAnswerSchema>;

/** Most symbols of a backtest. */
export const MAX_BACKTEST_SYMBOLS = 20;

/** `POST /api/alerts/backtest`: a rule, and over what. */
export const backtestPushSchema = z.strictObject({
  rule: alertRulePutSchema,
  /** Absent: the one that the rule names. */
  symbols: z.array(symbolSchema).min(1).max(MAX_BACKTEST_SYMBOLS).optional(),
  from: ts,
  to: ts.optional(),
});
export type BacktestPush = z.infer<typeof backtestPushSchema>;

/** When it would have changed. `complete` is false where there was more than is looked at; up to `through` all was. */
export const backtestAnswerSchema = z.object({
  from: epochUsSchema,
  to: epochUsSchema,
  through: epochUsSchema,
  complete: z.boolean(),
  /** Events that were read. */
  events: z.int(),
  changes: z.array(change),
});
export type BacktestAnswer = z.infer<typeof backtestAnswerSchema>;
