import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tickTexts } from "../../../web/data/bars/ticks.ts";
import { digitsAfter, digitsOf, NO_DIGITS } from "../../../web/data/words/digits.ts";
import {
  formatPrice,
  formatSize,
  formatValue,
  formatVolume,
} from "../../../web/data/words/format.ts";

/** What a text of ours says. */
function read(text: string): number {
  const unit = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 }[text.at(-1) ?? ""];
  return Number(text.replace(/[KMBT]$/, "").replaceAll(",", "")) * (unit ?? 1);
}

describe("prices", () => {
  test.each([
    [97_250.5, "97,250.50"],
    [1.04655, "1.04655"],
    [0.00001234, "0.00001234"],
    [0, "0.00"],
    [-37.63, "−37.63"],
    [123_456_789.125, "123,456,789.125"],
    [1.2e-10, "1.2e-10"],
    [2.5e21, "2.5e21"],
    [0.1 + 0.2, "0.30"],
    [1 / 3, "0.33333333"],
    // A float of 32 bits, as many files have them.
    [1455.219971, "1,455.22"],
    [74.139999, "74.14"],
    [74.140106, "74.140106"],
  ])("%d is %s", (price, text) => {
    expect(formatPrice(price)).toBe(text);
  });

  test("are all written to the finest step seen, so that a peg at 1.00 is told from 0.9998", () => {
    const before = digitsOf([1, 1]);
    const after = digitsAfter(before, [0.9998]);
    expect([1, 0.9998].map((price) => formatPrice(price, before))[0]).toBe("1.00");
    expect([1, 0.9998].map((price) => formatPrice(price, after))).toEqual(["1.0000", "0.9998"]);
    expect(digitsAfter(after, [1.0001, 2, 0.97])).toEqual({ ...after, largest: 2 });
  });

  test("of a tiny instrument have exponents, all to one step", () => {
    const prices = [1.2e-10, 1.25e-10, 9.5e-11, 0];
    const digits = digitsOf(prices);
    expect(prices.map((price) => formatPrice(price, digits))).toEqual([
      "1.20e-10",
      "1.25e-10",
      "9.5e-11",
      "0",
    ]);
  });

  test("two that differ by a tick have different texts, and each text is its price", () => {
    const tick = fc.record({
      decimals: fc.integer({ min: -3, max: 14 }),
      steps: fc.array(fc.integer({ min: 1, max: 999_999 }), { minLength: 2, maxLength: 6 }),
    });
    fc.assert(
      fc.property(tick, ({ decimals, steps }) => {
        const prices = steps.map((step) => Number(`${step}e${-decimals}`));
        const digits = prices.reduce((seen, price) => digitsAfter(seen, [price]), NO_DIGITS);
        for (const price of prices) {
          const error = Math.abs(read(formatPrice(price, digits)) - price);
          expect(error).toBeLessThan(10 ** -decimals / 2);
        }
      }),
    );
  });
});

describe("sizes", () => {
  test("of a column have the decimals of the finest of them, and what does not fit is short", () => {
    const digits = digitsOf([0.00001, 1.5]);
    const sizes = [0.00001, 1.5, 12_345.5, 2e6];
    expect(sizes.map((size) => formatSize(size, digits))).toEqual([
      "0.00001",
      "1.50000",
      "12.35K",
      "2.00M",
    ]);
    expect(formatSize(1.2e-10, digitsOf([1.2e-10, 5]))).toBe("1.2e-10");
  });

  test.each([
    [0.25, "0.2500"],
    [12, "12"],
    [12_345, "12.35K"],
    [1_234_567, "1.23M"],
    [5e9, "5.00B"],
    [0.00001, "0.00001"],
    [1.2e-10, "1.2e-10"],
    [2.5e21, "2.50e21"],
  ])("a volume of %d is %s", (volume, text) => {
    expect(formatVolume(volume)).toBe(text);
  });
});

describe("values of metrics", () => {
  test.each([
    [0.0004, 0, "4.00e-4"],
    [1.2345, 0, "1.235"],
    [987_654.4, 0, "987,654"],
    [2.1e8, 0, "210.00M"],
    [1_000_000_123, 1_000, "1.00000012B"],
    [97_250.37, 0.9, "97,250.370"],
    [2.5e21, 1e21, "2.500e21"],
  ])("%d among values %d apart is %s", (value, range, text) => {
    expect(formatValue(value, range)).toBe(text);
  });
});

describe("ticks", () => {
  test.each([
    [[2.5, 5], 2.5, ["2.5", "5.0"]],
    [[0, 20], 20, ["0", "20"]],
    [[0.004, 0.006], 0.002, ["0.004", "0.006"]],
    [[0, 1e-10, 2e-10], 1e-10, ["0", "1e-10", "2e-10"]],
    [[2.5e21, 3e21], 0.5e21, ["2.5e21", "3.0e21"]],
    [[1e9, 1.0001e9], 1e5, ["1.0000B", "1.0001B"]],
    [[1e7, 2e7], 1e7, ["10M", "20M"]],
    [[-0.5, -1e-17, 0.5], 0.5, ["−0.5", "0.0", "0.5"]],
  ])("%j, %d apart", (ticks, increment, texts) => {
    expect(tickTexts(ticks, increment)).toEqual(texts);
  });

  test("never have the same text twice, whatever the range", () => {
    const axis = fc.record({
      exponent: fc.integer({ min: -30, max: 25 }),
      multiple: fc.constantFrom(1, 2, 2.5, 5),
      first: fc.integer({ min: -20_000, max: 20_000 }),
    });
    fc.assert(
      fc.property(axis, ({ exponent, multiple, first }) => {
        const increment = Number(`${multiple}e${exponent}`);
        const ticks = [0, 1, 2, 3, 4].map((i) => (first + i) * increment);
        const texts = tickTexts(ticks, increment);
        expect(new Set(texts).size).toBe(ticks.length);
        expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(16);
      }),
    );
  });
});
