import type { Config } from "../config.ts";
import { type Database, openDatabase } from "../db/database.ts";

const QUERY_TIMEOUT_MS = 15_000;

const databases = new WeakMap<Config, Database>();

/** The database of the settings, opened once for each isolate. */
export function databaseOf(config: Config): Database {
  let database = databases.get(config);
  if (database === undefined) {
    database = openDatabase({
      url: config.DATABASE_URL,
      endpoint: config.DATABASE_ENDPOINT,
      timeoutMs: QUERY_TIMEOUT_MS,
    });
    databases.set(config, database);
  }
  return database;
}
