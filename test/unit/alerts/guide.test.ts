import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { alertRulePutSchema, alertRulesPutSchema } from "../../../src/protocol/alerts/rule.ts";
import { backtestPushSchema } from "../../../src/protocol/answers/alerts.ts";

const GUIDE = readFileSync("docs/guides/alerts.md", "utf8");

it("AL-1 AL-12 AL-13 what the guide of alerts sends is right", () => {
  const bodies = Array.from(
    GUIDE.matchAll(/curl ([^\n]*) -d '([^']+)'/g),
    ([, how = "", body]) => ({
      schema: how.includes("backtest") ? backtestPushSchema : alertRulePutSchema,
      body: JSON.parse(body ?? "") as unknown,
    }),
  );
  expect(bodies).toHaveLength(2);
  for (const { schema, body } of bodies) expect(schema.safeParse(body).error).toBeUndefined();
  const [, file = ""] = /<<'END'\n([\s\S]+?)\nEND/.exec(GUIDE) ?? [];
  expect(alertRulesPutSchema.safeParse(JSON.parse(file)).error).toBeUndefined();
});

it("AL-1 each condition that the guide tells of is taken", () => {
  const table = GUIDE.split("## A rule")[1]?.split("\n\nDurations")[0] ?? "";
  const texts = Array.from(table.matchAll(/`(\{"(?:above|below|change|stale|absent)".*?\}+)`/g));
  expect(texts).toHaveLength(5);
  for (const [, text = ""] of texts) {
    const rule = { symbols: "A", on: { metric: "m" }, condition: JSON.parse(text) as unknown };
    expect(alertRulePutSchema.safeParse(rule).error, text).toBeUndefined();
  }
});
