import { describe, expect, test } from "vitest";
import { type AlertRule, alertRulePutSchema } from "../../../src/protocol/alerts/rule.ts";
import { draftOf, EMPTY_DRAFT, ruleOf, wordsOfRule } from "../../../web/data/alerts/draft.ts";

const RULES: readonly [AlertRule, string][] = [
  [
    { name: "a", symbols: "*", on: { metric: "m" }, condition: { above: 2.5 }, severity: "info" },
    "m above 2.5",
  ],
  [
    {
      ...{ name: "b", symbols: "BTC-*", severity: "critical", for: "30s", keep_firing_for: "1m" },
      on: { metric: "m", labels: { venue: "X", side: "buy" } },
      condition: { below: -1 },
      ...{ no_data: "alert", no_data_after: "10m", message: "{symbol}!", webhooks: ["x", "y"] },
    },
    "m {venue=X, side=buy} below -1 for 30s",
  ],
  [
    {
      ...{ name: "c", symbols: "A", severity: "warning", on: { price: "last" } },
      condition: { change: { by: 1, percent: true, over: "5m", direction: "down" } },
    },
    "last price falls by 1 % within 5m",
  ],
  [
    {
      ...{ name: "d", symbols: "A", severity: "warning", on: { price: "spread" } },
      condition: { change: { by: 2, over: "1h" } },
    },
    "spread moves by 2 within 1h",
  ],
  [
    {
      ...{ name: "e", symbols: "A", severity: "warning", on: { silence: "trade" } },
      condition: { stale: { after: "1m" } },
    },
    "trade events stale after 1m",
  ],
  [
    {
      ...{ name: "f", symbols: "A", severity: "warning", on: { silence: "any" } },
      condition: { absent: { for: "1h" } },
    },
    "everything absent for 1h",
  ],
];

describe("a rule in a form", () => {
  test.each(RULES)("%j comes out of it as it went in", (rule, words) => {
    const { name, ...put } = rule;
    expect(ruleOf(draftOf(rule))).toEqual(put);
    expect(alertRulePutSchema.safeParse(put).success).toBe(true);
    expect(wordsOfRule(rule)).toBe(words);
    expect(draftOf(rule).name).toBe(name);
  });

  test("what is left empty is for the server to refuse, and not for the form to guess", () => {
    const rule = ruleOf(EMPTY_DRAFT);
    expect(alertRulePutSchema.safeParse(JSON.parse(JSON.stringify(rule))).success).toBe(false);
    expect(ruleOf({ ...EMPTY_DRAFT, bound: "1e3" }).condition).toEqual({ above: 1_000 });
  });
});
