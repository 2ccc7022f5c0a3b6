import type { CompiledRule } from "./compiled-rule.ts";

/** Each text that is looked for takes some us a frame, and reading it whole takes as long as ten of them. */
const MOST_MARKS = 8;

/** The text of a frame without one of these has nothing that the rules read, and no alert. Null: they are too many to look for each. */
export function marksOf(rules: readonly CompiledRule[]): string[] | null {
  const marks = new Set(['"kind":"alert"']);
  for (const { reads } of rules) {
    if (reads.kind === "metric") marks.add(`"metric":${JSON.stringify(reads.metric)}`);
    else if (reads.kind === "price")
      marks.add(`"kind":"${reads.price === "last" ? "trade" : "book"}"`);
    else if (reads.of === "any") return null;
    else marks.add(`"kind":"${reads.of}"`);
  }
  return marks.size > MOST_MARKS ? null : [...marks];
}
