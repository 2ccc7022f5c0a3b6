import { identifier, join, type Sql, sql } from "../driver/sql.ts";
import { byIndex } from "../driver/sql-plan.ts";
import type { MomentRange } from "./bars-params.ts";

/** SQL: `select` for each row `s` of a row source, beside the columns of that row. */
export const ofEach = (source: Sql, select: Sql) =>
  sql`select s.*, x.* from ${source} s ${byIndex(select, sql`x`)}`;

/**
 * SQL: the stored trades of the symbol `s.id` in a range that `isWithin` lets through, up to the
 * cursor `s.stored_through`.
 */
export const tradesOf = ({ from, to }: MomentRange, isWithin: Sql) =>
  join(
    ["trades_live", "trades_past"].map(
      (table) => sql`
    select ts, price, size, cursor, ordinal from ${identifier(table)}
    where symbol_id = s.id and cursor <= s.stored_through
      and ts >= ${from} and ts < ${to} and ${isWithin}`,
    ),
    sql` union all `,
  );
