/** A relative change from `base` to `price`; null where the base is zero or below, of which nothing is a share. */
export function changeOf(base: number, price: number): number | null {
  return base > 0 ? price / base - 1 : null;
}

/** Why there is no figure. */
export const NOT_POSITIVE = "No figure: per cent of a price that is zero or below mean nothing.";
export const OLD_PRICE = "No figure: the last price is older than a day.";
export const NO_BASE = "No figure: there is no price of a day before.";
