import type { BookState } from "../books/book-samples.ts";
import { type AlertChange, alertId } from "./alert-change.ts";
import type { Alert } from "./alert-reducer.ts";
import type { CompiledRule } from "./compiled-rule.ts";

/** Everything that was known of the alerts of a symbol, as it is written down. */
export interface SavedAlerts {
  /** Of each rule its name, what it judges, and its alerts by series; `""` where it is on none. */
  rules: [rule: string, judges: string, alerts: [series: string, alert: Alert][]][];
  /** Where a rule reads prices of the book. */
  book?: BookState | null;
}

/** The rules that nothing was written down of, or that judge otherwise now. */
export function rulesUnknownTo(
  saved: SavedAlerts | null,
  rules: readonly CompiledRule[],
): CompiledRule[] {
  const known = new Map(saved?.rules.map(([name, judges]) => [name, judges]));
  return rules.filter(({ rule, judges }) => known.get(rule.name) !== judges);
}

/** What was active by rules that are no more, or judge otherwise, is over. */
export function endedWithRules(
  symbol: string,
  saved: SavedAlerts | null,
  rules: readonly CompiledRule[],
  atUs: number,
): AlertChange[] {
  const judges = new Map(rules.map((one) => [one.rule.name, one.judges]));
  const changes: AlertChange[] = [];
  for (const [rule, judged, alerts] of saved?.rules ?? []) {
    if (judges.get(rule) === judged) continue;
    for (const [series, { state, value }] of alerts) {
      if (state === "inactive") continue;
      const named = series === "" ? undefined : series;
      changes.push({
        ...{ id: alertId(rule, symbol, named, "inactive", atUs), rule, symbol },
        ...(named !== undefined && { series: named }),
        ...{ from: state, to: "inactive", value, atUs },
        message: `${rule}: the rule was changed or deleted`,
      });
    }
  }
  return changes;
}
