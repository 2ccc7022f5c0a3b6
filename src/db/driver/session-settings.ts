import type { Statement } from "./database.ts";
import { join, raw, type Sql, sql, statementOf } from "./sql.ts";

/**
 * Settings of a session that change an answer, and their values here. A database, a role or a
 * server may have others, and what our statements say must not depend on them: a day has 24 hours,
 * a double all its digits, and NULL in an array is no text.
 */
const PINNED: Readonly<Record<string, string>> = {
  timezone: "UTC",
  datestyle: "ISO, MDY",
  intervalstyle: "postgres",
  extra_float_digits: "1",
  standard_conforming_strings: "on",
  array_nulls: "on",
  transform_null_equals: "off",
  quote_all_identifiers: "off",
  bytea_output: "hex",
  // What is stored under the old watermark is seen because each statement of a transaction takes a
  // snapshot of its own.
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
};

/** SQL: a name and a value as texts. Both are constants of this file. */
const text = (value: string): Sql => raw(`'${value}'`);

/** SQL: those settings as rows `(name, value)`. */
const PINNED_ROWS = join(
  Object.entries(PINNED).map(([name, value]) => sql`(${text(name)}, ${text(value)})`),
);

/**
 * SQL: the schema of the tape's tables before all others, whatever the session would look in first,
 * and that of TimescaleDB's functions after it. A new database gets its tables where the session
 * would make them.
 */
const SEARCH_PATH = sql`
  concat_ws(', ',
    quote_ident(coalesce(
      (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relname = 'tape_state' and exists (
         select from pg_class m where m.relname = 'schema_migrations' and m.relnamespace = n.oid)
       order by array_position(current_schemas(false), n.nspname), n.nspname limit 1),
      current_schema(), 'public')),
    case when current_schema() <> 'public' then 'public' end,
    (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'timescaledb' and n.nspname <> 'public'))`;

/**
 * One statement that gives the session those settings; with `isLocal` for as long as its
 * transaction lasts. A commit that is not written is not stored, so `synchronous_commit` is put on
 * where it is off, and stays where it is stricter.
 */
export function pinSession({ isLocal }: { isLocal: boolean }): Statement {
  const local = isLocal ? sql`true` : sql`false`;
  const set = (name: string, value: Sql) => sql`set_config(${text(name)}, ${value}, ${local})`;
  const settings = [
    ...Object.entries(PINNED).map(([name, value]) => set(name, text(value))),
    sql`case when current_setting('synchronous_commit') = 'off' then ${set("synchronous_commit", text("on"))} end`,
    set("search_path", SEARCH_PATH),
  ];
  return statementOf(sql`select ${join(settings, sql`,\n  `)}`);
}

/**
 * SQL: `name = value` of each of those settings that the session has otherwise, joined by commas;
 * null where there is none.
 */
export const UNPINNED = sql`(
  select string_agg(p.name || ' = ' || current_setting(p.name), ', ' order by p.name)
  from (values ${PINNED_ROWS}, ('synchronous_commit', '')) p (name, wanted)
  where case p.name
    when 'synchronous_commit' then current_setting(p.name) = 'off'
    when 'timezone' then current_setting(p.name) not in ('UTC', 'Etc/UTC', 'GMT', 'Etc/GMT')
    when 'datestyle' then current_setting(p.name) not like 'ISO%'
    when 'extra_float_digits' then current_setting(p.name)::int4 < 1
    else current_setting(p.name) <> p.wanted end)`;

/**
 * One statement that makes them the defaults of this role in this database, for doors that know no
 * session (Neon's HTTP). A role may do that for itself.
 */
export const PIN_ROLE: Statement = statementOf(sql`
do $do$
declare
  pinned record;
begin
  for pinned in select * from (values ${PINNED_ROWS}, ('search_path', ${SEARCH_PATH})) p (name, value)
  loop
    execute format('alter role %I in database %I set %s = %s', current_user, current_database(), pinned.name,
      case when pinned.name in ('search_path', 'datestyle') then pinned.value else quote_literal(pinned.value) end);
  end loop;
end $do$`);
