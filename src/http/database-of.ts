import type { Config } from "../config.ts";
import { type Database, openDatabase } from "../db/driver/database.ts";

const QUERY_TIMEOUT_MS = 15_000;

const readers = new WeakMap<Config, Database>();
const writers = new WeakMap<Config, Database>();

/** The database of the settings, for reading, opened once for each isolate. */
export function databaseOf(config: Config): Database {
  return opened(readers, config, "reader");
}

/** The same for what a request stores itself: it waits for no reader. */
export function writingDatabaseOf(config: Config): Database {
  return opened(writers, config, "writer");
}

function opened(
  databases: WeakMap<Config, Database>,
  config: Config,
  use: "reader" | "writer",
): Database {
  let database = databases.get(config);
  if (database === undefined) {
    database = openDatabase({
      url: config.DATABASE_URL,
      endpoint: config.DATABASE_ENDPOINT,
      use,
      timeoutMs: QUERY_TIMEOUT_MS,
      // Each request has connections of its own, and one that is broken off would never give up its turn.
      atOnce: Number.POSITIVE_INFINITY,
    });
    databases.set(config, database);
  }
  return database;
}
