import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MigrationFile } from "./migrate.ts";

const MIGRATIONS_DIR = fileURLToPath(new URL("../../../migrations", import.meta.url).href);

/** The migrations of this checkout: every `.sql` file of `migrations/`. */
export function readMigrationFiles(): MigrationFile[] {
  return readdirSync(MIGRATIONS_DIR)
    .filter((name) => name.endsWith(".sql"))
    .map((name) => ({ name, text: readFileSync(join(MIGRATIONS_DIR, name), "utf8") }));
}
