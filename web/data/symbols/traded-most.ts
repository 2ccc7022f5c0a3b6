import type { ListedSymbol } from "./symbol-list.ts";

/** Of the symbols that have a price at most `most`, those with the largest turnover of a day, in the order of the list. */
export function tradedMost(list: readonly ListedSymbol[], most: number): string[] {
  const priced = pricedOf(list);
  const turnoverOf = ({ last, volume }: ListedSymbol) => Math.abs(last ?? 0) * volume;
  const largest = [...priced].sort((a, b) => turnoverOf(b) - turnoverOf(a));
  const chosen = new Set(largest.slice(0, most));
  return priced.filter((one) => chosen.has(one)).map(({ symbol }) => symbol);
}

/** Symbols that have a price. */
export function pricedOf(list: readonly ListedSymbol[]): ListedSymbol[] {
  return list.filter(({ last }) => last !== null);
}
