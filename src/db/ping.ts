import type { Database } from "./database.ts";
import { type DatabaseMode, IS_TIMESCALE, LICENSE, modeOf } from "./mode.ts";

export interface DatabaseState {
  mode: DatabaseMode;
  /** Of Postgres: `18.6`. */
  version: string;
  /** File names of the applied migrations, in order; none where the database was never set up. */
  migrations: string[];
  /** On disk, indexes among them. */
  bytes: number;
}

const SELECT_STATE = `
select current_setting('server_version') as version,
  ${IS_TIMESCALE} as is_timescale, ${LICENSE} as license,
  pg_database_size(current_database())::float8 as bytes,
  to_regclass('schema_migrations') is not null as has_migrations`;

const SELECT_MIGRATIONS = "select name from schema_migrations order by name";

/** Asks what database this is. @throws what `classifyFailure` reads. */
export async function ping(db: Database, tag?: string): Promise<DatabaseState> {
  const [state = {}] = await db.query(SELECT_STATE, [], tag);
  const names = state["has_migrations"] ? await db.query(SELECT_MIGRATIONS, [], tag) : [];
  return {
    mode: modeOf(state["is_timescale"] === true, state["license"]),
    version: state["version"] as string,
    migrations: names.map((row) => row["name"] as string),
    bytes: state["bytes"] as number,
  };
}
