import { describe, expect, it } from "vitest";
import { chooseRollup } from "../../../../src/core/answers/rollup-choice.ts";
import { DAY_US, HOUR_US, MINUTE_US } from "../../../../src/core/time/duration.ts";

describe("chooseRollup", () => {
  it.each([
    [MINUTE_US, "minutes"],
    [50 * MINUTE_US, "minutes"],
    [119 * MINUTE_US, "minutes"],
    [121 * MINUTE_US, "mixed"],
    [525 * MINUTE_US, "mixed"],
    [HOUR_US, "hours"],
    [7 * DAY_US, "hours"],
    [MINUTE_US / 2, "raw"],
    [HOUR_US + 1, "raw"],
  ] as const)("buckets of %d µs are made of %s", (stepUs, rollups) => {
    expect(chooseRollup(stepUs, ["avg", "last"])).toBe(rollups);
  });

  it("takes percentiles from rollups of exactly that length", () => {
    const choose = (stepUs: number) => chooseRollup(stepUs, ["avg", "p95"]);
    expect([MINUTE_US, 2 * MINUTE_US, HOUR_US, 2 * HOUR_US].map(choose)).toEqual([
      "minutes",
      "raw",
      "hours",
      "raw",
    ]);
  });

  it("has no rollup of p50 and rates", () => {
    expect(chooseRollup(HOUR_US, ["p50"])).toBe("raw");
    expect(chooseRollup(MINUTE_US, ["max", "rate"])).toBe("raw");
  });
});
