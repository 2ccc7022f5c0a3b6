import { expect, test } from "vitest";
import { valueTexts } from "../../../web/data/alerts/value-texts.ts";

const read = (value: number | undefined, symbol = "BTC-USD", rule = "high") => {
  return { rule, symbol, ...(value !== undefined && { value }) };
};

test("values on either side of a bound do not look alike, whatever their size", () => {
  const sides = [91_700.4, 91_699.6];
  expect(valueTexts(sides.map((value) => read(value)))).toEqual(["91,700.40", "91,699.60"]);
  expect(new Set(valueTexts([1e-7, 1.00001e-7].map((value) => read(value)))).size).toBe(2);
  expect(new Set(valueTexts([12_345_678.25, 12_345_678.5].map((one) => read(one)))).size).toBe(2);
});

test("each has the digits of what its rule reads of its symbol, and none is said where none was read", () => {
  const changes = [
    read(91_700),
    read(1.08345, "EUR-USD"),
    read(undefined),
    read(7.5, "BTC-USD", "lag"),
  ];
  expect(valueTexts(changes)).toEqual(["91,700.00", "1.08345", "—", "7.50"]);
});
