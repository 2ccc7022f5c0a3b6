import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  centsOf,
  decimalOf,
  differenceOf,
  numberOf,
  productOf,
  signOf,
  sumOf,
} from "../../../src/core/attribution/decimal.ts";
import { amountOf } from "../../../src/core/attribution/money.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("a decimal", () => {
  test("is the number that was written, and comes back as it", () => {
    fc.assert(fc.property(finite, (value) => numberOf(decimalOf(value)) === value + 0));
  });

  test("of few digits is the one that was written, as of many", () => {
    const short = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 }))
      .map(([units, scale]) => Number(`${units}e-${scale}`));
    fc.assert(
      fc.property(fc.oneof(short, finite), (value) => {
        const { units, scale } = decimalOf(value);
        const [mantissa = "", exponent = "0"] = String(value).split("e");
        const [whole = "", fraction = ""] = mantissa.split(".");
        const shift = Number(exponent) - fraction.length;
        expect(scale).toBe(Math.max(0, -shift));
        expect(BigInt(units)).toBe(BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, shift)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("is exact beside the largest whole number of a double", () => {
    const large = fc.bigInt({ min: 2n ** 50n, max: 2n ** 56n });
    const exactly = (units: bigint, scale: number) => ({
      units: units <= Number.MAX_SAFE_INTEGER ? Number(units) : units,
      scale,
    });
    fc.assert(
      fc.property(large, large, fc.nat(3), fc.nat(3), (a, b, m, n) => {
        const [x, y] = [exactly(a, m), exactly(b, n)];
        const at = (units: bigint, scale: number) => units * 10n ** BigInt(3 - scale);
        const sum = sumOf(x, y);
        expect(at(BigInt(sum.units), sum.scale)).toBe(at(a, m) + at(b, n));
        const [left, right] = [at(a, m), at(b, n)];
        expect(signOf(differenceOf(x, y))).toBe(left < right ? -1 : left > right ? 1 : 0);
        expect(BigInt(productOf(x, y).units)).toBe(a * b);
      }),
    );
  });

  test("adds, subtracts and multiplies without a digit lost", () => {
    // Whole numbers of a thousandth and a hundredth, whose results are whole numbers too.
    const whole = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const [x, y] = [decimalOf(a / 1_000), decimalOf(b / 100)];
        expect(numberOf(sumOf(x, y))).toBe((a + 10 * b) / 1_000);
        expect(numberOf(differenceOf(x, y))).toBe((a - 10 * b) / 1_000);
        expect(centsOf(productOf(decimalOf(a), decimalOf(b / 100)))).toBe(BigInt(a) * BigInt(b));
      }),
    );
  });
});

describe("cents", () => {
  it.each([
    // Half a cent goes away from zero: decimal.ROUND_HALF_UP of Python. As doubles, 1.005 * 100 is 100.49999999999999.
    [1.005, 101n],
    [-1.005, -101n],
    [2.675, 268n],
    [1.0049999, 100n],
    [0.005, 1n],
    [-0.004, 0n],
    [-0, 0n],
    [5e-324, 0n],
    [1e21, 10n ** 23n],
    [1.5e-7, 0n],
    [12, 1_200n],
    [12.3, 1_230n],
  ])("of %d are %d", (value, cents) => {
    expect(centsOf(decimalOf(value))).toBe(cents);
  });

  it("are an amount as long as a double tells them apart", () => {
    expect(amountOf(-123_456n)).toBe(-1_234.56);
    expect(amountOf(BigInt(Number.MAX_SAFE_INTEGER))).toBe(90_071_992_547_409.91);
    expect(amountOf(BigInt(Number.MAX_SAFE_INTEGER) + 1n)).toBeNull();
    expect(amountOf(10n ** 400n)).toBeNull();
  });
});
