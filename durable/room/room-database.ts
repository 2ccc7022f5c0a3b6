import type { Config } from "../../src/config.ts";
import { type Database, openDatabase } from "../../src/db/driver/database.ts";

const TIMEOUT_MS = 10_000;

/** The database as a room reads it, opened at the first read, for most rooms never need it. */
export function roomDatabase(config: Config): () => Database {
  let database: Database | null = null;
  return () => {
    database ??= openDatabase({
      url: config.DATABASE_URL,
      endpoint: config.DATABASE_ENDPOINT,
      timeoutMs: TIMEOUT_MS,
    });
    return database;
  };
}
