import fc from "fast-check";
import { expect, it } from "vitest";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import { ruleNameSchema } from "../../../src/protocol/alerts/rule.ts";
import { globFault, isSymbol } from "../../../src/protocol/words/symbol.ts";
import { addressOfAlert } from "../../../web/data/alerts/alert-address.ts";
import { ruleOf } from "../../../web/data/alerts/draft.ts";
import { draftInAddress } from "../../../web/data/alerts/draft-address.ts";

const ODD = [
  "BTC/USDT:USDT",
  "A*",

  "F     240119C00012000",
  "ЖЖ",
  "^GSPC",
  "BRK&B",
  "a=b",
  "é+é",
  "#1",
];
const symbols = fc.oneof(
  fc.constantFrom(...ODD),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => isSymbol(text)),
);
const draftAt = (symbol: string, price: number, last: number, decimals: number) => {
  const address = addressOfAlert(symbol, price, last, { decimals, largest: last });
  expect(new URL(address, "http://a").pathname).toBe("/alerts");
  return draftInAddress(new URL(address, "http://a").search) ?? expect.fail(address);
};

it("an alert at a price of the chart is a rule for that symbol alone, above or below as the price lies", () => {
  fc.assert(
    fc.property(symbols, fc.integer({ min: 10, max: 9_999 }), (symbol, cents) => {
      const draft = draftAt(symbol, cents / 100 + 0.004, 12.34, 2);
      const rule = ruleOf(draft);
      const bound = cents / 100;
      expect(rule.condition).toEqual(bound < 12.34 ? { below: bound } : { above: bound });
      expect(rule.on).toEqual({ price: "last" });
      expect(globFault(rule.symbols)).toBeNull();
      expect(matchesGlob(rule.symbols, symbol)).toBe(true);
      for (const other of [`${symbol}B`, "AB", symbol.replace("*", "x")])
        expect(matchesGlob(rule.symbols, other)).toBe(other === symbol);
      expect(ruleNameSchema.safeParse(draft.name).success).toBe(true);
    }),
  );
});

it("the price has the digits of the instrument, whatever its size", () => {
  const bound = (price: number, decimals: number) => draftAt("ACME", price, 1, decimals).bound;
  expect(bound(97_123.456_789, 2)).toBe("97123.46");
  expect(bound(1.234_567e-9, 12)).toBe("1.235e-9");
  expect(bound(97_123.4, -1)).toBe("97120");
  expect(bound(0.004, 2)).toBe("0.004");
});

it.each([
  "",
  "?symbol=ACME",
  "?above=5",
  "?symbol=&above=5",
  "?symbol=+&above=5",
  "?symbol=ACME&above=",
  "?symbol=ACME&above=many",
  "?symbol=ACME&below=Infinity",
])("an address that wants no rule opens no form: %s", (search) => {
  expect(draftInAddress(search)).toBeNull();
});
