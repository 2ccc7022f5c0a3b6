import type { Database } from "../../src/db/driver/database.ts";

export type TableBytes = { heap: number; indexes: number; rows: number };

/** On disk, of a table with its partitions or chunks. */
const SELECT = `
with recursive part as (
  select $1::regclass::oid as oid
  union all
  select i.inhrelid from part join pg_inherits i on i.inhparent = part.oid)
select sum(pg_table_size(oid))::float8 as heap, sum(pg_indexes_size(oid))::float8 as indexes,
  (select count(*) from TABLE)::float8 as rows
from part`;

export async function bytesOf(db: Database, table: string): Promise<TableBytes> {
  const [row] = await db.query(SELECT.replace("TABLE", table), [table]);
  const of = (name: string) => Number(row?.[name]);
  return { heap: of("heap"), indexes: of("indexes"), rows: of("rows") };
}
