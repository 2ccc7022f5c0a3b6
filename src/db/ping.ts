import type { Database } from "./database.ts";

/** Kinds of Postgres: without TimescaleDB, with its Apache edition (Neon), with its community edition. */
export type DatabaseMode = "plain" | "apache" | "timescale";

export interface DatabaseState {
  mode: DatabaseMode;
  /** Of Postgres: `18.6`. */
  version: string;
  /** File names of the applied migrations, in order; none where the database was never set up. */
  migrations: string[];
}

const SELECT_STATE = `
select current_setting('server_version') as version,
  exists (select from pg_extension where extname = 'timescaledb') as has_timescale,
  current_setting('timescaledb.license', true) as license,
  to_regclass('schema_migrations') is not null as has_migrations`;

const SELECT_MIGRATIONS = "select name from schema_migrations order by name";

/** Asks what database this is. @throws what `classifyFailure` reads. */
export async function ping(db: Database, tag?: string): Promise<DatabaseState> {
  const [state = {}] = await db.query(SELECT_STATE, [], tag);
  const names = state["has_migrations"] ? await db.query(SELECT_MIGRATIONS, [], tag) : [];
  return {
    mode: modeOf(state["has_timescale"] === true, state["license"]),
    version: state["version"] as string,
    migrations: names.map((row) => row["name"] as string),
  };
}

function modeOf(hasTimescale: boolean, license: unknown): DatabaseMode {
  if (!hasTimescale) return "plain";
  // https://docs.tigerdata.com/about/latest/timescaledb-editions/: the setting is "apache" or "timescale".
  return license === "timescale" ? "timescale" : "apache";
}
