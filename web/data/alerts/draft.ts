import type { AlertRule, AlertRulePut } from "../../../src/protocol/alerts/rule.ts";
import { isNoLabels, labelsOfText, labelText } from "../words/label-text.ts";
import { typedList } from "../words/typed-list.ts";

export const SUBJECTS = ["metric", "price", "silence"] as const;
export const PRICES = ["last", "mid", "spread"] as const;
export const SILENCES = ["any", "metric", "trade", "position", "book", "order", "log"] as const;
export const CONDITIONS = ["above", "below", "change", "stale", "absent"] as const;
export const SEVERITIES = ["info", "warning", "critical"] as const;
export const DIRECTIONS = ["either", "up", "down"] as const;
export const NO_DATAS = ["keep", "ok", "alert"] as const;
export const TELLS = ["all", "none", "some"] as const;

/** A rule as the fields of a form have it: what is empty is not said. */
export interface Draft {
  name: string;
  symbols: string;
  subject: (typeof SUBJECTS)[number];
  metric: string;
  /** As `labelText` has them. */
  labels: string;
  price: (typeof PRICES)[number];
  silence: (typeof SILENCES)[number];
  condition: (typeof CONDITIONS)[number];
  /** The bound, or by how much it changes. */
  bound: string;
  isPercent: boolean;
  direction: (typeof DIRECTIONS)[number];
  /** Over how long it changes, or how long nothing comes. */
  length: string;
  for: string;
  keepFiringFor: string;
  noData: (typeof NO_DATAS)[number];
  noDataAfter: string;
  severity: (typeof SEVERITIES)[number];
  message: string;
  /** Which webhooks are told; `webhooks` names some. */
  tells: (typeof TELLS)[number];
  webhooks: string;
}

export const EMPTY_DRAFT: Draft = {
  ...{ name: "", symbols: "*", subject: "metric", metric: "", labels: "" },
  ...{ price: "last", silence: "any", condition: "above", bound: "", isPercent: false },
  ...{ direction: "either", length: "5m", for: "", keepFiringFor: "" },
  ...{
    noData: "keep",
    noDataAfter: "",
    severity: "warning",
    message: "",
    tells: "all",
    webhooks: "",
  },
};

/**
 * What is put to the server for a draft; it is the server that says whether that is a rule. `opened`: what the form began with, whose texts
 * stay to the letter where nobody has changed them.
 */
export function ruleOf(draft: Draft, opened: Draft = EMPTY_DRAFT): AlertRulePut {
  const typed = (key: "metric" | "message") =>
    draft[key] === opened[key] ? draft[key] : draft[key].trim();
  const message = typed("message");
  return {
    symbols: draft.symbols.trim(),
    on: subjectOf(draft, typed("metric")),
    condition: conditionOf(draft),
    ...said("for", draft.for),
    ...said("keep_firing_for", draft.keepFiringFor),
    ...withoutData(draft),
    severity: draft.severity,
    ...(message !== "" && { message }),
    ...(draft.tells !== "all" && {
      webhooks: draft.tells === "none" ? [] : typedList(draft.webhooks),
    }),
  };
}

/**
 * What is wrong with a draft that the server could not tell, for it would be a rule; null: nothing. `names`: of the rules that there are, where it
 * is to be a new one.
 */
export function draftFault(draft: Draft, names: readonly string[] | null): string | null {
  const name = draft.name.trim();
  if (name === "") return "Give the rule a name.";
  if (names?.includes(name))
    return `There is a rule ${name} already: edit that one, or choose another name.`;
  return labelsFault(draft) ?? webhooksFault(draft);
}

/** What is wrong with the labels that are typed: without them it would be a rule on every series of the metric. */
export function labelsFault({ subject, labels }: Draft): string | null {
  return subject === "metric" && isNoLabels(labels)
    ? "Write labels as pairs, such as venue:xnas, side:buy, or as a JSON object."
    : null;
}

function webhooksFault(draft: Draft): string | null {
  return draft.tells === "some" && typedList(draft.webhooks).length === 0
    ? "Name the webhooks that it tells, or choose none."
    : null;
}

/** Has the condition a bound? The others are about data that does not come. */
export function isBound({ condition }: Draft): boolean {
  return condition !== "stale" && condition !== "absent";
}

function withoutData(draft: Draft): Pick<AlertRulePut, "no_data" | "no_data_after"> {
  const after = said("no_data_after", draft.noDataAfter);
  const isSaid = draft.noData !== "keep" || after.no_data_after !== undefined;
  return isBound(draft) && isSaid ? { no_data: draft.noData, ...after } : {};
}

export function draftOf(rule: AlertRule): Draft {
  const { on, condition } = rule;
  return {
    ...EMPTY_DRAFT,
    ...{ name: rule.name, symbols: rule.symbols },
    ...("metric" in on && {
      subject: "metric",
      metric: on.metric,
      labels: labelText(on.labels ?? {}),
    }),
    ...("price" in on && { subject: "price", price: on.price }),
    ...("silence" in on && { subject: "silence", silence: on.silence }),
    ...("above" in condition && { condition: "above", bound: String(condition.above) }),
    ...("below" in condition && { condition: "below", bound: String(condition.below) }),
    ...("change" in condition && {
      condition: "change",
      bound: String(condition.change.by),
      isPercent: condition.change.percent === true,
      direction: condition.change.direction ?? "either",
      length: condition.change.over,
    }),
    ...("stale" in condition && { condition: "stale", length: condition.stale.after }),
    ...("absent" in condition && { condition: "absent", length: condition.absent.for }),
    for: rule.for ?? "",
    keepFiringFor: rule.keep_firing_for ?? "",
    noData: rule.no_data ?? "keep",
    noDataAfter: rule.no_data_after ?? "",
    severity: rule.severity ?? "warning",
    message: rule.message ?? "",
    tells: rule.webhooks === undefined ? "all" : rule.webhooks.length === 0 ? "none" : "some",
    webhooks: (rule.webhooks ?? []).join(", "),
  };
}

/** What a rule waits for, in a line: "order_latency_ms above 5 for 1m". */
export function wordsOfRule({ on, condition, for: wait }: AlertRule): string {
  const subject =
    "metric" in on
      ? `${on.metric}${labelWords(on.labels)}`
      : "price" in on
        ? `${on.price} price`
        : on.silence === "any"
          ? "everything"
          : `${on.silence} events`;
  const lasting = wait === undefined ? "" : ` for ${wait}`;
  return `${subject.replace("spread price", "spread")} ${conditionWords(condition)}${lasting}`;
}

function conditionWords(condition: AlertRule["condition"]): string {
  if ("above" in condition) return `above ${condition.above}`;
  if ("below" in condition) return `below ${condition.below}`;
  if ("stale" in condition) return `stale after ${condition.stale.after}`;
  if ("absent" in condition) return `absent for ${condition.absent.for}`;
  const { by, percent, over, direction } = condition.change;
  const way = direction === undefined ? "moves" : direction === "up" ? "rises" : "falls";
  return `${way} by ${by}${percent === true ? " %" : ""} within ${over}`;
}

function labelWords(labels: Record<string, string> = {}): string {
  const words = labelText(labels);
  return words === "" ? "" : ` {${words}}`;
}

function subjectOf(draft: Draft, metric: string): AlertRulePut["on"] {
  switch (draft.subject) {
    case "metric":
      return { metric, ...(draft.labels.trim() !== "" && { labels: labelsOfText(draft.labels) }) };
    case "price":
      return { price: draft.price };
    case "silence":
      return { silence: draft.silence };
    default:
      return draft.subject satisfies never;
  }
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function conditionOf(draft: Draft): AlertRulePut["condition"] {
  // What is no decimal number is none, and the server says so.
  const bound = DECIMAL.test(draft.bound.trim()) ? Number(draft.bound) : Number.NaN;
  switch (draft.condition) {
    case "above":
      return { above: bound };
    case "below":
      return { below: bound };
    case "change":
      return {
        change: {
          by: bound,
          ...(draft.isPercent && { percent: true as const }),
          over: draft.length.trim(),
          ...(draft.direction !== "either" && { direction: draft.direction }),
        },
      };
    case "stale":
      return { stale: { after: draft.length.trim() } };
    case "absent":
      return { absent: { for: draft.length.trim() } };
    default:
      return draft.condition satisfies never;
  }
}

function said<Key extends string>(key: Key, text: string): Partial<Record<Key, string>> {
  return text.trim() === "" ? {} : ({ [key]: text.trim() } as Record<Key, string>);
}
