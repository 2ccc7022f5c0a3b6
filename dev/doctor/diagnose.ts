import { type MemoryWarning, warningsOf } from "../../src/core/limits/memory-warnings.ts";
import type { Database } from "../../src/db/driver/database.ts";
import { type DatabaseState, ping } from "../../src/db/upkeep/ping.ts";
import { type MemoryState, readMemory } from "../../src/db/upkeep/read-memory.ts";
import { readSizes, type TableSize } from "../../src/db/upkeep/read-sizes.ts";
import { filesOf } from "../database/migration/migrate.ts";
import { readMigrationFiles } from "../database/migration/migration-files.ts";

export type Diagnosis =
  | { kind: "not_set_up"; database: DatabaseState; missing: string[] }
  | {
      kind: "set_up";
      database: DatabaseState;
      memory: MemoryState;
      sizes: TableSize[];
      warnings: MemoryWarning[];
      /** Time since the newest minute that is rolled up. It grows while nothing is stored. */
      lagUs: number;
    };

/** Looks a database over; nothing in it is changed. @throws DatabaseError */
export async function diagnose(db: Database, nowUs: number): Promise<Diagnosis> {
  const database = await ping(db);
  const missing = filesOf(readMigrationFiles(), database.mode)
    .map(({ name }) => name)
    .filter((name) => !database.migrations.includes(name));
  if (missing.length > 0) return { kind: "not_set_up", database, missing };
  const memory = await readMemory(db);
  return {
    kind: "set_up",
    database,
    memory,
    sizes: await readSizes(db, database.mode),
    warnings: warningsOf(database, memory, 0),
    lagUs: nowUs - memory.rolledThroughUs,
  };
}
