import { type Digits, digitsAfter, NO_DIGITS } from "../words/digits.ts";
import { formatPrice } from "../words/format.ts";

/** What an alert of a rule read. */
interface Read {
  rule: string;
  symbol: string;
  value?: number | null | undefined;
}

/**
 * The values of changes, each with the digits of what its rule reads of its symbol: by them one sees on which side of its bound a value
 * is.
 */
export function valueTexts(changes: readonly Read[]): string[] {
  const digits = new Map<string, Digits>();
  for (const { rule, symbol, value } of changes) {
    const kind = `${rule} ${symbol}`;
    digits.set(kind, digitsAfter(digits.get(kind) ?? NO_DIGITS, [value ?? Number.NaN]));
  }
  return changes.map(({ rule, symbol, value }) =>
    value == null ? "—" : formatPrice(value, digits.get(`${rule} ${symbol}`)),
  );
}
