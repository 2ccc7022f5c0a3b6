import { addressOf } from "../words/address.ts";
import { type Digits, exponentOf } from "../words/digits.ts";

/** What a double can tell apart. */
const MOST_FIGURES = 17;

/**
 * The address of a form for a rule that fires once the price of `symbol`, which is `last` now, has come to `price`. A price between two
 * steps of the instrument is moved to the nearer one.
 */
export function addressOfAlert(
  symbol: string,
  price: number,
  last: number,
  { decimals }: Digits,
): string {
  const figures = Math.max(1, Math.min(MOST_FIGURES, exponentOf(price) + decimals + 1));
  const bound = Number(price.toPrecision(figures));
  const search = new URLSearchParams({ symbol, [bound < last ? "below" : "above"]: String(bound) });
  return addressOf("/alerts", search);
}
