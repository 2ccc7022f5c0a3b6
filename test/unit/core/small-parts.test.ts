import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { allocateCursors } from "../../../src/core/events/cursor.ts";
import { canonicalLabels } from "../../../src/core/events/labels.ts";
import { fullJitterMs } from "../../../src/core/limits/backoff.ts";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import { writerShardOf } from "../../../src/core/placement/writer-shard.ts";
import { chooseStepUs, readDurationUs } from "../../../src/core/time/duration.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

test("C-1 cursors only grow, whatever the clock does, and are the clock's time where it runs", () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 1e15 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), (steps) => {
      let head = 0 as Cursor;
      for (const [nowUs, count] of steps) {
        const { first, last } = allocateCursors(head, nowUs as EpochUs, count);
        expect(first).toBeGreaterThan(head);
        expect(last - first).toBe(count - 1);
        if (nowUs > head) expect(first).toBe(nowUs);
        else expect(first).toBe(head + 1);
        head = last;
      }
    }),
  );
});

describe("A-2 patterns of symbols", () => {
  it.each([
    ["*", "BTC-USD", true],
    ["BTC-*", "BTC-USD", true],
    ["BTC-*", "ETH-BTC-USD", false],
    ["*-USD", "BTC-USD", true],
    ["B*C*D", "BTC-USD", true],
    ["a*a", "a", false],
    ["a*b*b", "ab", false],
    ["BTC", "btc", false],
    ["B.C", "BTC", false],
    ["", "", true],
    ["**", "x", true],
    ["A\\*", "A*", true],
    ["A\\*", "AB", false],
    ["A\\**", "A*B", true],
    ["*\\*", "AB", false],
    ["टा*", "टाटा", true],
  ])("%s and %s: %s", (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected);
  });

  it("matches what a regular expression of the same meaning matches", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "\\*"), maxLength: 8 });
    const plain = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 10 });
    fc.assert(
      fc.property(letters, plain, (glob, text) => {
        const expected = new RegExp(`^${glob.replaceAll(/(?<!\\)\*/g, ".*")}$`).test(text);
        expect(matchesGlob(glob, text)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});

test("INV-9 equal label sets have one spelling, different ones have two", () => {
  const labels = fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }));
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      const shuffled = Object.fromEntries(Object.entries(a).reverse());
      expect(canonicalLabels(shuffled)).toBe(canonicalLabels(a));
      expect(JSON.parse(canonicalLabels(a))).toEqual({ ...a });
      const isSame =
        JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
      expect(canonicalLabels(a) === canonicalLabels(b)).toBe(isSame);
    }),
  );
  expect(canonicalLabels(undefined)).toBe(canonicalLabels({}));
});

describe("durations", () => {
  it.each([
    ["250ms", 250_000],
    ["10s", 10_000_000],
    ["5m", 300_000_000],
    ["4h", 14_400_000_000],
    ["1d", 86_400_000_000],
    ["0s", null],
    ["1.5h", null],
    ["s", null],
    ["60", 60_000_000],
    ["1D", 86_400_000_000],
    ["1w", 604_800_000_000],
    ["1H", 3_600_000_000],
    ["5min", 300_000_000],
    ["1M", null],
    ["1constructor", null],
    ["0", null],
    ["-1s", null],
    ["9999999999s", null],
  ])("%s", (text, us) => {
    expect(readDurationUs(text)).toBe(us);
  });

  it("chooses the step that shows a span in at most so many points", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e16 }),
        fc.integer({ min: 1, max: 2_000 }),
        (span, points) => {
          const stepUs = chooseStepUs(span, points);
          expect(span / stepUs).toBeLessThanOrEqual(points);
          // Nor far fewer, but where the smallest step is too long already.
          if (stepUs > 1_000) expect(span / stepUs).toBeGreaterThan(points / 3.5 - 1);
        },
      ),
    );
  });

  it.each([
    ["an hour", 3_600, 1_000, 5],
    ["a day", 86_400, 1_000, 120],
    ["30 days", 30 * 86_400, 1_000, 3_600],
    ["30 days in few points", 30 * 86_400, 100, 43_200],
    ["a second", 1, 1_000, 0.001],
    ["ten years in few points", 3_650 * 86_400, 100, 6 * 604_800],
  ])("chooses a step for %s", (_, spanS, points, stepS) => {
    expect(chooseStepUs(spanS * 1_000_000, points)).toBe(stepS * 1_000_000);
  });
});

test("a backoff is below its doubling bound and its cap", () => {
  const range = { baseMs: 250, capMs: 15_000 };
  fc.assert(
    fc.property(
      fc.nat({ max: 2_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const ms = fullJitterMs(attempt, range, () => random);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThan(Math.min(15_000, 250 * 2 ** attempt));
      },
    ),
  );
});

test("a host always has the same Writer, and the hosts spread over all of them", () => {
  const shardOf = (at: number) => writerShardOf(`host-${at}`, 4);
  const shards = Array.from({ length: 400 }, (_, at) => shardOf(at));
  expect(new Set(shards).size).toBe(4);
  expect(shardOf(7)).toBe(shards[7]);
});
