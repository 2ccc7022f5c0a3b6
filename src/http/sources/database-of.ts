import type { Config } from "../../config.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { openDatabase } from "../../db/driver/database.ts";

const QUERY_TIMEOUT_MS = 15_000;

const open = (use: "reader" | "writer") => (config: Config) =>
  openDatabase({
    url: config.DATABASE_URL,
    endpoint: config.DATABASE_ENDPOINT,
    use,
    timeoutMs: QUERY_TIMEOUT_MS,
    // Each request has connections of its own, and one that is broken off would never give up its turn.
    atOnce: Number.POSITIVE_INFINITY,
  });

/** The database of the settings, for reading, opened once for each isolate. */
export const databaseOf = oncePer(open("reader"));

/** The same for what a request stores itself: it waits for no reader. */
export const writingDatabaseOf = oncePer(open("writer"));
