import type { Outcome } from "./run-checks.ts";

/** One line for the outcome of a rule. */
export function lineOf(outcome: Outcome): string {
  const rule = outcome.rule.padEnd(7);
  switch (outcome.kind) {
    case "ok":
      return `${rule}ok      ${String(outcome.ms).padStart(6)} ms`;
    case "failed":
      return `${rule}FAILED  ${String(outcome.ms).padStart(6)} ms  ${outcome.failures
        .map(({ expected, came }) => `expected ${expected}; came ${came}`)
        .join(" | ")}`;
    case "unseen":
      return `${rule}-       ${outcome.why}`;
  }
}

/** How many rules came out how. */
export function countOf(outcomes: readonly Outcome[]): Record<Outcome["kind"], number> {
  const count = { ok: 0, failed: 0, unseen: 0 };
  for (const { kind } of outcomes) count[kind] += 1;
  return count;
}

/** The last line. */
export function summaryOf(outcomes: readonly Outcome[], ms: number): string {
  const { ok, failed, unseen } = countOf(outcomes);
  const seconds = (ms / 1_000).toFixed(1);
  return `${ok} rules hold, ${failed} failed, ${unseen} not seen from outside; ${seconds} s`;
}
