import fc from "fast-check";
import { expect, it, test } from "vitest";
import { centsOf, decimalOf, sumOf, ZERO } from "../../../src/core/attribution/decimal.ts";
import { decimalOfSum } from "../../../src/core/attribution/decimal-sum.ts";
import { amountOf } from "../../../src/core/attribution/money.ts";

const added = (values: readonly number[]) =>
  decimalOfSum({
    ...{ sum: values.reduce((a, b) => a + b, 0), count: values.length },
    ...{ min: Math.min(...values), max: Math.max(...values) },
  });

it.each([
  [[1.005, 1.005, 1.005], 3.02],
  [Array<number>(100).fill(1.005), 100.5],
  [Array<number>(100_000).fill(0.00005), 5],
  [[0.1, 0.2, -0.3], 0],
  [[1e300], null],
  [[Number.MAX_VALUE, Number.MAX_VALUE], null],
  [[0, 0], 0],
])("the cents of a sum are those of its decimals", (values, amount) => {
  expect(amountOf(centsOf(added(values)))).toBe(amount);
});

test("the sum of doubles is that of what was written, to the last digit", () => {
  const cents = fc.array(fc.integer({ min: -10_000_000, max: 10_000_000 }), {
    minLength: 1,
    maxLength: 400,
  });
  fc.assert(
    fc.property(cents, fc.constantFrom(100, 1_000, 100_000), (whole, unit) => {
      const values = whole.map((one) => one / unit);
      const exact = values.map(decimalOf).reduce(sumOf, ZERO);
      expect(centsOf(added(values))).toBe(centsOf(exact));
    }),
  );
});
