import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  centsOf,
  decimalOf,
  differenceOf,
  numberOf,
  productOf,
  sumOf,
} from "../../../src/core/attribution/decimal.ts";
import { amountOf } from "../../../src/core/attribution/money.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("a decimal", () => {
  test("is the number that was written, and comes back as it", () => {
    fc.assert(fc.property(finite, (value) => numberOf(decimalOf(value)) === value + 0));
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
