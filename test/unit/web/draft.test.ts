import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AlertRule, alertRulePutSchema } from "../../../src/protocol/alerts/rule.ts";
import {
  draftFault,
  draftOf,
  EMPTY_DRAFT,
  ruleOf,
  wordsOfRule,
} from "../../../web/data/alerts/draft.ts";
import { labelsOfText } from "../../../web/data/words/label-text.ts";

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
    "m {venue:X, side:buy} below -1 for 30s",
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

const words = fc.oneof(
  fc.constantFrom("venue", "a=b", "a,b", ' "', " x ", '"x"', "\\", "\n", "é"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
);
const labels = fc.dictionary(words, words, { minKeys: 1, maxKeys: 3 });
const anyRule: fc.Arbitrary<AlertRule> = fc
  .record(
    {
      ...{
        name: fc.constant("r"),
        symbols: fc.constant("A"),
        severity: fc.constant("info" as const),
      },
      on: fc.record({ metric: words, labels }, { requiredKeys: ["metric"] }),
      condition: fc.oneof(
        fc
          .double({ noNaN: true, noDefaultInfinity: true })
          .map((above) => ({ above: above === 0 ? 0 : above })),
        fc.constant({ stale: { after: "1m" } }),
      ),
      message: words,
      webhooks: fc.array(fc.constantFrom("x", "y"), { maxLength: 2 }),
      ...{
        no_data: fc.constantFrom("keep" as const, "ok" as const),
        no_data_after: fc.constant("1m"),
      },
    },
    { requiredKeys: ["name", "symbols", "severity", "on", "condition"] },
  )
  .map(({ no_data: noData, no_data_after: after, ...rule }) => ({
    ...rule,
    // `keep` is what is so without a word.
    ...("above" in rule.condition &&
      noData !== undefined &&
      (noData !== "keep" || after !== undefined) && {
        ...{ no_data: noData, ...(after !== undefined && { no_data_after: after }) },
      }),
  }));

describe("a rule in a form", () => {
  test.each(RULES)("%j comes out of it as it went in", (rule, words) => {
    const { name, ...put } = rule;
    expect(ruleOf(draftOf(rule))).toEqual(put);
    expect(alertRulePutSchema.safeParse(put).success).toBe(true);
    expect(wordsOfRule(rule)).toBe(words);
    expect(draftOf(rule).name).toBe(name);
  });

  test("any rule comes out of it as it went in, whatever its texts hold", () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        const { name, ...put } = rule;
        const draft = draftOf(rule);
        fc.pre(isReadRight(draft.labels));
        expect(ruleOf(draft, draft)).toEqual(put);
        // Typed once more, what has no blanks at its ends is the same.
        expect(ruleOf({ ...draft, name: "other" }, draft).on).toEqual(put.on);
        expect(labelsOfText(draft.labels)).toEqual(("metric" in rule.on && rule.on.labels) || {});
      }),
    );
  });

  test("labels that mean nothing are told, and not taken for none", () => {
    const typed = (labels: string) => draftFault({ ...EMPTY_DRAFT, name: "a", labels }, null);
    for (const good of ["", " ", "venue:xnas", " venue:xnas ,side:buy ", '{"a":"b, c"}']) {
      expect(typed(good), good).toBeNull();
    }
    for (const bad of ["venue=xnas", "venue", "venue:xnas,", "{}", "5", "null", "[1]"]) {
      expect(typed(bad), bad).toContain("Write labels as pairs");
    }
    const price = { ...EMPTY_DRAFT, name: "a", subject: "price" as const, labels: "venue" };
    expect(draftFault(price, null)).toBeNull();
  });

  test("what tells nobody is not what tells all", () => {
    const tells = (webhooks?: string[]) =>
      draftOf({ ...(RULES[0] as (typeof RULES)[number])[0], ...(webhooks && { webhooks }) }).tells;
    expect([tells(), tells([]), tells(["x"])]).toEqual(["all", "none", "some"]);
  });

  test("what would be another rule than was meant is not sent", () => {
    const draft = { ...EMPTY_DRAFT, name: " a " };
    expect(draftFault(EMPTY_DRAFT, null)).toBe("Give the rule a name.");
    expect(draftFault(draft, ["a"])).toContain("There is a rule a already");
    expect([draftFault(draft, null), draftFault(draft, ["b"])]).toEqual([null, null]);
    expect(draftFault({ ...draft, tells: "some", webhooks: " , " }, null)).toContain("Name the");
  });

  test("what is left empty is for the server to refuse, and not for the form to guess", () => {
    const rule = ruleOf(EMPTY_DRAFT);
    expect(alertRulePutSchema.safeParse(JSON.parse(JSON.stringify(rule))).success).toBe(false);
    for (const [typed, above] of [
      ...[["1e3", 1_000] as const, [" -.5 ", -0.5] as const, ["0x10", Number.NaN] as const],
      ...[["", Number.NaN] as const, ["Infinity", Number.NaN] as const],
    ]) {
      expect(ruleOf({ ...EMPTY_DRAFT, bound: typed }).condition, typed).toEqual({ above });
    }
  });
});

/**
 * V8 13.6 (Node 24) takes an escaped key for another one that it has parsed before at that place: behind `{"\\":1}` it reads the key of
 * `{"\n":1}` as a backslash.
 */
function isReadRight(labels: string): boolean {
  return !labels.startsWith("{") || JSON.stringify(JSON.parse(labels)) === labels;
}
