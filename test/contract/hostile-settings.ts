import type { Backend } from "../../dev/database/backend.ts";

/** Defaults of a database that change what a careless statement says. The zone has a clock that is put on and back. */
export const HOSTILE: Readonly<Record<string, string>> = {
  timezone: "'America/New_York'",
  datestyle: "SQL, DMY",
  intervalstyle: "sql_standard",
  extra_float_digits: "-5",
  standard_conforming_strings: "off",
  escape_string_warning: "off",
  array_nulls: "off",
  transform_null_equals: "on",
  quote_all_identifiers: "on",
  bytea_output: "escape",
  default_transaction_isolation: "'serializable'",
  default_transaction_deferrable: "on",
  synchronous_commit: "off",
  enable_partition_pruning: "off",
};

/** Gives a database those defaults, and its connections an end, as only new ones have them. */
export async function makeHostile({ run }: Pick<Backend, "run">): Promise<void> {
  for (const [name, value] of Object.entries(HOSTILE)) await alter(run, `${name} = ${value}`);
  await endConnections(run);
}

/** Schemas that are looked in first and have tables of the same names, for a database that has its migrations. */
export async function addDecoys({ run }: Pick<Backend, "run">): Promise<void> {
  await run({ text: "create schema decoy", params: [] });
  for (const table of ["symbols", "series", "points", "trades", "trades_live", "packed_points"]) {
    await run({ text: `create table decoy.${table} (is_wrong boolean)`, params: [] });
  }
  await alter(run, "search_path = decoy, public");
  await endConnections(run);
}

async function alter(run: Backend["run"], setting: string): Promise<void> {
  const text = `do $$ begin execute format('alter database %I set ${setting.replaceAll("'", "''")}', current_database()); end $$`;
  await run({ text, params: [] });
}

async function endConnections(run: Backend["run"]): Promise<void> {
  const text = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'`;
  // Its own connection is among them.
  await run({ text, params: [] }).catch(() => undefined);
}
