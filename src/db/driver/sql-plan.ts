/**
 * SQL: joins `rows`, which refers to what stands before it, row by row, and so by an index. OFFSET 0 keeps the planner from turning
 * it into a join over the whole table, which it takes for cheaper where a table is young or its statistics are old.
 * With `most` it is told besides how many rows there can be each time; where it would guess more by far, it takes the query for
 * one that is worth compiling for seconds.
 */
export function byIndex(rows: string, name: string, most?: number): string {
  return `cross join lateral (${rows} ${most === undefined ? "offset 0" : `limit ${most}`}) ${name}`;
}
