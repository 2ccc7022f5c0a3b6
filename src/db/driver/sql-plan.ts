import { literal, type Sql, sql } from "./sql.ts";

/**
 * SQL: joins `rows`, which refers to what stands before it, row by row, and so by an index. OFFSET
 * 0 keeps the planner from turning it into a join over the whole table, which it takes for cheaper
 * where a table is young or its statistics are old. With `most` it is told besides how many rows
 * there can be each time; where it would guess more by far, it takes the query for one that is
 * worth compiling for seconds.
 */
export function byIndex(rows: Sql, name: Sql, most?: number): Sql {
  const end = most === undefined ? sql`offset 0` : sql`limit ${literal(most)}`;
  return sql`cross join lateral (${rows} ${end}) ${name}`;
}
