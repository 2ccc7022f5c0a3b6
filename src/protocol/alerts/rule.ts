import * as z from "zod";
import { ALERT_SEVERITIES } from "../events/alert.ts";
import { labelsSchema } from "../events/event.ts";
import { lengthUs } from "../words/duration.ts";
import { name, storableText } from "../words/name.ts";
import { finite } from "../words/number.ts";
import { globFault } from "../words/symbol.ts";
import { epochUsSchema } from "../words/time.ts";

/** Longest wait of a rule. */
const MAX_WAIT_US = 7 * 86_400_000_000;
/** Longest pattern of symbols, in characters. */
const MAX_GLOB_CHARS = 200;
const MAX_WEBHOOKS = 10;
/** What a rule without a word for it takes for no data. */
export const NO_DATA_AFTER = "5m";

export const ruleNameSchema = z
  .string({ error: "must be a string" })
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, {
    error: "must be 1 to 64 letters, digits, _, . or -, the first a letter or a digit",
  });

const duration = z.string({ error: "must be a duration such as 30s, 5m or 1h" }).refine(
  (text) => {
    const us = lengthUs(text);
    return us !== null && us <= MAX_WAIT_US;
  },
  { error: "must be a duration such as 30s, 5m or 1h, at most 7d" },
);

/** Kinds of events whose silence can be watched; `any` is all but alerts. */
export const SILENT_KINDS = ["any", "metric", "trade", "position", "book", "order", "log"] as const;

const on = z.union(
  [
    z.strictObject({
      /** Each series of this name is an alert of its own. */
      metric: name,
      /** Those alone that have these labels, perhaps among others. */
      labels: labelsSchema.optional(),
    }),
    /** `last`: of trades. `mid` and `spread`: of the best prices of the book. */
    z.strictObject({ price: z.enum(["last", "mid", "spread"]) }),
    z.strictObject({ silence: z.enum(SILENT_KINDS) }),
  ],
  {
    error:
      'must be {"metric":NAME,"labels"?}, {"price":"last"|"mid"|"spread"} or {"silence":"any"|"trade"|...}',
  },
);

const condition = z.union(
  [
    z.strictObject({ above: finite }),
    z.strictObject({ below: finite }),
    /** It differs by so much from what it was so long ago, up or down, or in one direction alone. */
    z.strictObject({
      change: z.strictObject({
        by: finite.positive(),
        /** `by` is a hundredth of what it was. */
        percent: z.literal(true).optional(),
        over: duration,
        direction: z.enum(["up", "down"]).optional(),
      }),
    }),
    /** There has been some, and nothing more has come for so long. */
    z.strictObject({ stale: z.strictObject({ after: duration }) }),
    /** Nothing has come for so long, also where nothing ever has. */
    z.strictObject({ absent: z.strictObject({ for: duration }) }),
  ],
  {
    error:
      'must be one of {"above":NUMBER}, {"below":NUMBER}, {"change":{"by","percent"?,"over","direction"?}}, {"stale":{"after"}}, {"absent":{"for"}}',
  },
);

const ruleFields = {
  /** The symbols it is for: one, or a pattern in which `*` is any run of characters. */
  symbols: storableText(MAX_GLOB_CHARS).superRefine((glob, context) => {
    const fault = globFault(glob);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  }),
  /** What it reads. */
  on,
  /** When it is true of what it reads. */
  condition,
  /** So long it has to be true before the alert fires; absent: at once. */
  for: duration.optional(),
  /** So long it has to be false before a firing alert is over; absent: at once. */
  keep_firing_for: duration.optional(),
  /** Where no data comes any more: `keep` what it was, take it for `ok`, or take it for an `alert`. */
  no_data: z.enum(["ok", "keep", "alert"]).optional(),
  /** What counts as no data. */
  no_data_after: duration.optional(),
  severity: z.enum(ALERT_SEVERITIES).optional(),
  /** What people are told; {symbol}, {series}, {value} and {rule} stand for what they name. */
  message: storableText(300).optional(),
  /** Names of the webhooks that are told. */
  webhooks: z.array(ruleNameSchema).max(MAX_WEBHOOKS).optional(),
};

const isOfSilence = (what: { on: object; condition: object }) =>
  "silence" in what.on && !("stale" in what.condition || "absent" in what.condition);

type Fields = z.infer<z.ZodObject<typeof ruleFields>>;

/** With what no field says by itself. */
const fitting = <Rule extends z.ZodType<Fields>>(schema: Rule) =>
  schema
    .refine((rule) => !isOfSilence(rule), {
      path: ["condition"],
      error: "must be stale or absent where the rule is on a silence",
    })
    .refine(
      ({ no_data: noData, condition }) =>
        (noData ?? "keep") === "keep" || !("stale" in condition || "absent" in condition),
      {
        path: ["no_data"],
        error: "goes with above, below or change: stale and absent are about it",
      },
    )
    .refine(
      ({ no_data: noData, no_data_after: after }) => after === undefined || noData !== undefined,
      {
        path: ["no_data_after"],
        error: "needs no_data: ok, keep or alert",
      },
    );
/** What is put to `/api/alerts/rules/NAME`: a rule but for its name (SPEC AL-1). */
export const alertRulePutSchema = fitting(
  z.strictObject({ name: ruleNameSchema.optional(), ...ruleFields }),
);
export type AlertRulePut = z.infer<typeof alertRulePutSchema>;

/** A rule as it is kept. */
export const alertRuleSchema = z.strictObject({ name: ruleNameSchema, ...ruleFields });
export type AlertRule = z.infer<typeof alertRuleSchema>;

/** What is put to `/api/alerts/rules`: all rules there are to be. `set_at` and `waiting` are what `GET` gives, and mean nothing here (SPEC AL-13). */
export const alertRulesPutSchema = z.array(
  fitting(
    alertRuleSchema.extend({ set_at: epochUsSchema.optional(), waiting: z.int().optional() }),
  ),
  { error: "must be a list of rules, [] where there are to be none" },
);
