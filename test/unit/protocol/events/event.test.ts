import { describe, expect, it } from "vitest";
import { isPlainMetric, isPlainTrade } from "../../../../src/formats/accept.ts";
import { metricPushSchema, tradePushSchema } from "../../../../src/protocol/events/event.ts";

/** What Postgres would refuse for ever once it were acknowledged, and with it all that waits behind it (INV-1). */
describe("INV-1 nothing is acknowledged that Postgres cannot hold", () => {
  const point = { metric: "m", value: 1 };
  const trade = { symbol: "BTC-USD", price: 1, size: 1 };
  const cjk = "\u4e2d".repeat(200);

  it.each([
    ["half of a surrogate pair in a metric", { ...point, metric: "\ud800" }, "surrogate"],
    ["half of a surrogate pair in a label", { ...point, labels: { a: "\udfff" } }, "surrogate"],
    ["half of a surrogate pair in a label's name", { ...point, labels: { "\ud800": "a" } }, ""],
    ["NUL in a label", { ...point, labels: { a: "\u0000" } }, "NUL"],
    ["a number whose sums overflow", { ...point, value: -1.7e308 }, "-1e+100 to 1e+100"],
    [
      "labels too long for an index",
      { ...point, labels: { a: cjk, b: cjk, c: cjk, d: cjk, e: cjk } },
      "2500",
    ],
    [
      "labels too long once they are JSON",
      {
        ...point,
        labels: { a: "\u0001".repeat(200), b: "\u0001".repeat(200), c: "\u0001".repeat(100) },
      },
      "2500",
    ],
  ])("a point with %s", (_, push, words) => {
    const parsed = metricPushSchema.safeParse(push);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.message).toContain(words);
    expect(isPlainMetric(push)).toBe(false);
  });

  it.each([
    ["half of a surrogate pair in its id", { ...trade, id: "a\ud800" }, "surrogate"],
    ["a price whose sums overflow", { ...trade, price: 1e101 }, "too large"],
    ["a size whose sums overflow", { ...trade, size: 1e101 }, "too large"],
  ])("a trade with %s", (_, push, words) => {
    const parsed = tradePushSchema.safeParse(push);
    expect(parsed.error?.issues[0]?.message).toContain(words);
    expect(isPlainTrade(push)).toBe(false);
  });

  it("takes whole pairs, the largest numbers, and labels that just fit", () => {
    expect(isPlainMetric({ ...point, metric: "\ud83d\ude00", value: 1e100 })).toBe(true);
    // 4 times 600 bytes, 29 of JSON around them, and the metric's own.
    const fitting = {
      metric: "m".repeat(71),
      value: 1,
      labels: { a: cjk, b: cjk, c: cjk, d: cjk },
    };
    expect(metricPushSchema.safeParse(fitting).success).toBe(true);
    const longer = { ...fitting, metric: "m".repeat(72) };
    expect(metricPushSchema.safeParse(longer).success).toBe(false);
  });
});
