import { type AlertRule, NO_DATA_AFTER, type SILENT_KINDS } from "../../protocol/alerts/rule.ts";
import { lengthUs } from "../../protocol/words/duration.ts";

/** When a rule is true of what it reads, with lengths in microseconds. */
export type Condition =
  | { kind: "above" | "below"; limit: number }
  | {
      kind: "change";
      by: number;
      percent: boolean;
      overUs: number;
      direction: "up" | "down" | null;
    }
  /** `isBornSilent`: it counts from when the rule was made where nothing has ever come. */
  | { kind: "silent"; afterUs: number; isBornSilent: boolean };

/** What a rule reads. */
export type Reads =
  | { kind: "metric"; metric: string; labels: readonly (readonly [string, string])[] }
  | { kind: "price"; price: "last" | "mid" | "spread" }
  | { kind: "silence"; of: (typeof SILENT_KINDS)[number] };

/** A rule as it is worked with. */
export interface CompiledRule {
  rule: AlertRule;
  reads: Reads;
  condition: Condition;
  forUs: number;
  keepFiringUs: number;
  noData: { isAlert: boolean; afterUs: number } | null;
  /** Two rules with one text read and judge alike, whatever they say to people. */
  judges: string;
}

export function compileRule(rule: AlertRule): CompiledRule {
  const { symbols, on, no_data: noData = "keep", no_data_after: after = NO_DATA_AFTER } = rule;
  const { condition, for: wait, keep_firing_for: keep } = rule;
  return {
    rule,
    reads: readsOf(on),
    condition: conditionOf(condition),
    forUs: waitUs(wait),
    keepFiringUs: waitUs(keep),
    noData: noData === "keep" ? null : { isAlert: noData === "alert", afterUs: waitUs(after) },
    judges: JSON.stringify([symbols, on, condition, wait, keep, noData, after]),
  };
}

function readsOf(on: AlertRule["on"]): Reads {
  if ("metric" in on) {
    return { kind: "metric", metric: on.metric, labels: Object.entries(on.labels ?? {}) };
  }
  if ("price" in on) return { kind: "price", price: on.price };
  return { kind: "silence", of: on.silence };
}

function conditionOf(condition: AlertRule["condition"]): Condition {
  if ("above" in condition) return { kind: "above", limit: condition.above };
  if ("below" in condition) return { kind: "below", limit: condition.below };
  if ("change" in condition) {
    const { by, percent = false, over, direction = null } = condition.change;
    return { kind: "change", by, percent, overUs: waitUs(over), direction };
  }
  if ("stale" in condition) {
    return { kind: "silent", afterUs: waitUs(condition.stale.after), isBornSilent: false };
  }
  return { kind: "silent", afterUs: waitUs(condition.absent.for), isBornSilent: true };
}

function waitUs(text: string | undefined): number {
  return text === undefined ? 0 : (lengthUs(text) ?? 0);
}
