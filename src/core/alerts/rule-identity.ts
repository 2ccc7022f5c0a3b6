import type { AlertRule } from "../../protocol/alerts/rule.ts";
import { matchesGlob } from "../placement/glob.ts";

/** The rule with its labels in order: how a file spells them means nothing. */
export function ordered(rule: AlertRule): AlertRule {
  const { on } = rule;
  if (!("metric" in on) || on.labels === undefined) return rule;
  const labels = Object.entries(on.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...rule, on: { ...on, labels: Object.fromEntries(labels) } };
}

/**
 * Is whoever is for `granted` for every symbol that a rule may be for? Null: for all there are. A pattern is covered by itself alone.
 */
export function coversRule(granted: readonly string[] | null, { symbols }: AlertRule): boolean {
  if (granted === null || granted.includes(symbols)) return true;
  return !symbols.includes("*") && granted.some((glob) => matchesGlob(glob, symbols));
}
