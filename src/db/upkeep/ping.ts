import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import {
  type DatabaseMode,
  IS_TIMESCALE,
  LICENSE,
  modeOf,
  TIMESCALE_VERSION,
} from "../driver/mode.ts";
import { UNPINNED } from "../driver/session-settings.ts";
import { sql } from "../driver/sql.ts";

export interface DatabaseState {
  mode: DatabaseMode;
  /** Of Postgres: `18.6`. */
  version: string;
  /** Of TimescaleDB: `2.28.3`; null without it. */
  timescale: string | null;
  /**
   * Settings of our sessions that may change an answer, as `name = value`, joined by commas; null
   * where all are as they have to be.
   */
  unpinned: string | null;
  /** File names of the applied migrations, in order; none where the database was never set up. */
  migrations: string[];
  /** On disk, indexes among them. */
  bytes: number;
}

const SELECT_STATE = sql`
select current_setting('server_version') as version,
  ${IS_TIMESCALE} as is_timescale, ${LICENSE} as license,
  ${TIMESCALE_VERSION} as timescale, ${UNPINNED} as unpinned,
  pg_database_size(current_database())::float8 as bytes,
  to_regclass('schema_migrations') is not null as has_migrations`;

const SELECT_MIGRATIONS = sql`select name from schema_migrations order by name`;

/** Asks what database this is. @throws DatabaseError */
export async function ping(db: Database, tag?: string): Promise<DatabaseState> {
  const [state = {}] = await ask(db, SELECT_STATE, tag);
  const names = state["has_migrations"] ? await ask(db, SELECT_MIGRATIONS, tag) : [];
  return {
    mode: modeOf(state["is_timescale"] === true, state["license"]),
    version: state["version"] as string,
    timescale: (state["timescale"] ?? null) as string | null,
    unpinned: (state["unpinned"] ?? null) as string | null,
    migrations: names.map((row) => row["name"] as string),
    bytes: state["bytes"] as number,
  };
}
