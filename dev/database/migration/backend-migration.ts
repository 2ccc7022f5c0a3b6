import { type Backend, PostgresError } from "../backend.ts";
import { type MigrateAnswer, migrate } from "./migrate.ts";
import { readMigrationFiles } from "./migration-files.ts";

/** Applies this checkout's migrations to the database behind `backend`. */
export function migrateBackend(backend: Backend): Promise<MigrateAnswer> {
  const transaction: Parameters<typeof migrate>[0]["transaction"] = async (statements) => {
    try {
      const options = { readOnly: false, deferrable: false };
      const results = await backend.transaction(statements, options);
      return results.map((result) => result.rows);
    } catch (error) {
      // The runner looks for the fields of Postgres where the Neon driver puts them: on the error itself.
      throw error instanceof PostgresError ? Object.assign(error, error.fields) : error;
    }
  };
  return migrate({ transaction }, readMigrationFiles());
}
