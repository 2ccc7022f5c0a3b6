import { writeFileSync } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";
import type { Backend, Statement } from "../backend.ts";

/** Pages of a table that are copied at once: 32 MB, for all of a copy is in memory. */
const PAGES = 4_096;

/** Every table with rows of its own, with its columns, and for a partition its parent and its range. */
const SELECT_TABLES = `
select quote_ident(c.relname) as name, quote_ident(p.relname) as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
  pg_relation_size(c.oid)::int8 / 8192 as pages,
  (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
   where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'schema_migrations'
order by c.relname`;

const SELECT_SEQUENCES =
  "select quote_ident(sequencename) as name, last_value from pg_sequences where schemaname = 'public' and last_value is not null";

type Table = {
  name: string;
  parent: string | null;
  bound: string | null;
  pages: number;
  columns: string;
};
type Sequence = { name: string; last_value: number | bigint };

/**
 * Copies the rows of every table, the partitions as they are, and the positions of sequences into a database of the same
 * migrations. What that holds already goes.
 *
 * @param file through which rows go; the server must be allowed to read it.
 * @returns how many rows there are.
 * @throws where a table does not have as many rows in the end as it had.
 */
export async function copyTables(from: PGlite, to: Backend, file: string): Promise<number> {
  const run = async (text: string) => (await to.run({ text, params: [] })).rows;
  const { rows: tables } = await from.query<Table>(SELECT_TABLES);
  await makePartitions(tables, run);
  await run(`truncate ${tables.map(({ name }) => name).join(", ")}`);
  let rows = 0;
  for (const table of tables) rows += await copyTable(from, to, table, file);
  for (const { name, last_value } of (await from.query<Sequence>(SELECT_SEQUENCES)).rows) {
    await to.run({
      text: "select setval($1::regclass, $2::int8)",
      params: [name, String(last_value)],
    });
  }
  await run("analyze");
  return rows;
}

async function makePartitions(
  tables: readonly Table[],
  run: (text: string) => Promise<unknown>,
): Promise<void> {
  const partitions = tables.filter(({ bound }) => bound !== null);
  for (const parent of new Set(partitions.map((table) => table.parent))) {
    await run(`do $$ declare child regclass; begin
      for child in select inhrelid from pg_inherits where inhparent = '${parent}'::regclass loop
        execute 'drop table ' || child;
      end loop;
    end $$`);
  }
  for (const { name, parent, bound } of partitions) {
    await run(`create table ${name} partition of ${parent} ${bound}`);
  }
}

async function copyTable(from: PGlite, to: Backend, table: Table, file: string): Promise<number> {
  const { name, columns, pages } = table;
  let copied = 0;
  for (let page = 0; page < pages; page += PAGES) {
    const part = `select ${columns} from only ${name} where ctid >= '(${page},0)' and ctid < '(${page + PAGES},0)'`;
    const { blob } = await from.query(`copy (${part}) to '/dev/blob'`);
    if (blob === undefined || blob.size === 0) continue;
    writeFileSync(file, Buffer.from(await blob.arrayBuffer()), { mode: 0o600 });
    const statements: Statement[] = [
      // What refers to rows that are yet to come is as true as it was.
      { text: "set local session_replication_role = replica", params: [] },
      { text: `copy ${name} (${columns}) from '${file.replaceAll("'", "''")}'`, params: [] },
    ];
    const results = await to.transaction(statements, { readOnly: false, deferrable: false });
    copied += results[1]?.rowCount ?? 0;
  }
  const { rows } = await from.query<{ rows: number }>(
    `select count(*)::int4 as rows from only ${name}`,
  );
  const expected = rows[0]?.rows;
  if (copied !== expected) {
    throw new Error(`of ${expected} rows of ${name} only ${copied} could be copied`);
  }
  return copied;
}
