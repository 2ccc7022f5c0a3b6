/** Cents as an amount of money, or null where doubles do not tell one cent from the next. */
export function amountOf(cents: bigint): number | null {
  const number = Number(cents);
  return Number.isSafeInteger(number) ? number / 100 : null;
}

/** The named amounts, or null where one of them is too large to be told to the cent. */
export function amountsOf<Name extends string>(
  cents: Readonly<Record<Name, bigint>>,
): Record<Name, number> | null {
  const amounts = Object.entries<bigint>(cents).map(([name, value]) => [name, amountOf(value)]);
  if (amounts.some(([, amount]) => amount === null)) return null;
  return Object.fromEntries(amounts) as Record<Name, number>;
}
