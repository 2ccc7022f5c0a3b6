import { type CompiledRule, compileRule } from "../../../src/core/alerts/compiled-rule.ts";
import type { AlertRule } from "../../../src/protocol/alerts/rule.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

export const SECOND = 1_000_000;

/** A rule on `m`, above 10, of every symbol. */
export function rule(rest: Partial<AlertRule> = {}): CompiledRule {
  const plain = { name: "r", symbols: "*", on: { metric: "m" }, condition: { above: 10 } };
  return compileRule({ ...plain, ...rest });
}

export function point(ts: number, value: number, labels?: Record<string, string>): TapeEvent {
  return { kind: "metric", ts: ts as EpochUs, metric: "m", value, ...(labels && { labels }) };
}
