import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlainBook, isPlainMetric, isPlainTrade } from "../../../src/formats/accept.ts";
import { bookPushSchema } from "../../../src/protocol/events/book.ts";
import { metricPushSchema, tradePushSchema } from "../../../src/protocol/events/event.ts";

/** Mostly right, now and then wrong in one of the ways that people find. */
function mostly<T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.constantFrom(null, "", "\u0000", "\ud800", "x".repeat(201), Number.NaN, -1, 1e101, [], {}),
    fc.anything(),
  );
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const number = fc.double({ min: -1e100, max: 1e100, noNaN: true });
const symbol = fc.constantFrom("BTC-USD", "_system", "a/b", "x".repeat(64));
const ts = fc.oneof(fc.integer(), fc.constant("2026-01-31T09:30:00Z"));
const kindOf = (kind: string) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(kind) }, fc.constant("order"));
const labels = fc.dictionary(fc.oneof(name, fc.constantFrom("__proto__", "constructor")), name, {
  maxKeys: 34,
});
const extra = fc.dictionary(fc.constantFrom("", "__proto__", "toString", "prize"), fc.anything(), {
  maxKeys: 1,
});

function pushOf(
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<unknown> {
  const fields = Object.entries({ ...required, ...optional }).map(([key, value]) => [
    key,
    mostly(value),
  ]);
  const all = Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>;
  const record = fc.record(all, { requiredKeys: Object.keys(required) });
  return fc
    .tuple(record, fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, extra))
    .map(([push, more]) => {
      // As JSON.parse makes it: a key named __proto__ is a field like any other.
      const text = JSON.stringify({ ...push, ...more });
      return JSON.parse(text) as unknown;
    });
}

describe("I-4 the quick yes to a push", () => {
  it("says yes to no metric that the schema refuses or changes", () => {
    let accepted = 0;
    const push = pushOf(
      { metric: name, value: number },
      { symbol, ts, labels, kind: kindOf("metric") },
    );
    fc.assert(
      fc.property(push, (value) => {
        if (!isPlainMetric(value)) return;
        accepted += 1;
        expect(metricPushSchema.parse(value)).toStrictEqual(value);
      }),
      { numRuns: 800 },
    );
    expect(accepted).toBeGreaterThan(120);
  });

  it("says yes to no trade that the schema refuses or changes", () => {
    let accepted = 0;
    const push = pushOf(
      { symbol, price: number, size: fc.double({ min: 0, max: 1e100, noNaN: true }) },
      { side: fc.constantFrom("buy", "sell"), id: name, venue: name, ts, kind: kindOf("trade") },
    );
    fc.assert(
      fc.property(push, (value) => {
        if (!isPlainTrade(value)) return;
        accepted += 1;
        expect(tradePushSchema.parse(value)).toStrictEqual(value);
      }),
      { numRuns: 800 },
    );
    expect(accepted).toBeGreaterThan(120);
  });

  it("says yes to no book that the schema refuses or changes", () => {
    let accepted = 0;
    const number = fc.double({ min: 0, max: 1e100, noNaN: true });
    const size = fc.oneof({ weight: 12, arbitrary: number }, fc.constant(0));
    const side = (low: number) =>
      fc.array(mostly(fc.tuple(fc.double({ min: low, max: low + 11, noNaN: true }), size)), {
        maxLength: 5,
      });
    const push = pushOf(
      { symbol, type: fc.constantFrom("snapshot", "diff"), bids: side(-5), asks: side(5) },
      { ts, seq: fc.maxSafeNat(), sampled: fc.constant(true), kind: kindOf("book") },
    );
    fc.assert(
      fc.property(push, (value) => {
        if (!isPlainBook(value)) return;
        accepted += 1;
        expect(bookPushSchema.parse(value)).toStrictEqual(value);
      }),
      { numRuns: 800 },
    );
    expect(accepted).toBeGreaterThan(60);
  });
});
