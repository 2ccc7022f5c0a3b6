import { byIndex } from "../driver/sql-plan.ts";

/** SQL: `select` for each row `s` of a row source, beside the columns of that row. */
export const ofEach = (source: string, select: string) =>
  `select s.*, x.* from ${source} s ${byIndex(select, "x")}`;

/** SQL: the stored trades in [$3, $4) of the symbol `s.id` that `isWithin` lets through, up to the cursor `s.stored_through`. */
export const tradesOf = (isWithin: string) =>
  ["trades_live", "trades_past"]
    .map(
      (table) => `
    select ts, price, size, cursor, ordinal from ${table}
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= $3::timestamptz and ts < $4::timestamptz and ${isWithin}`,
    )
    .join(" union all ");
