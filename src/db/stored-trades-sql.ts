/** SQL: the stored trades of the symbol in [$3, $4) up to the cursor $5 that `isWithin` lets through. */
export const tradesOf = (isWithin: string) =>
  ["trades", "trades_past"]
    .map(
      (table) => `
  select ts, price, size, cursor, ordinal from ${table}
  where symbol_id = (select id from symbol) and cursor <= $5
    and ts >= $3::timestamptz and ts < $4::timestamptz and ${isWithin}`,
    )
    .join(" union all ");
