/**
 * `npm run migrate -- --url URL [--endpoint URL]`: brings a database, else that of DATABASE_URL, to this checkout's version. A Neon database is
 * reached as the Worker reaches it, and so is any behind `--endpoint`; another Postgres directly.
 */
import { parseArgs } from "node:util";
import { openDatabase } from "../src/db/driver/database.ts";
import type { DatabaseMode } from "../src/db/driver/mode.ts";
import { PIN_ROLE } from "../src/db/driver/session-settings.ts";
import { answerHelp } from "./cli/answer-help.ts";
import { migrateBackend } from "./database/migration/backend-migration.ts";
import { type MigrateAnswer, migrate } from "./database/migration/migrate.ts";
import { readMigrationFiles } from "./database/migration/migration-files.ts";
import { openPostgres } from "./database/postgres-backend.ts";

const USAGE =
  "usage: npm run migrate -- --url postgres://user:password@host/database [--endpoint https://host/sql]";
/** Making an index on a large table takes its time. */
const TIMEOUT_MS = 15 * 60 * 1000;

const MODE_WORDS: Record<DatabaseMode, string> = {
  plain:
    "Postgres without TimescaleDB. To use it, `create extension timescaledb` before the first migration",
  apache: "TimescaleDB's Apache edition: hypertables; rollups are kept by the Keeper",
  timescale: "TimescaleDB's community edition: continuous aggregates and compression",
};

interface Target {
  url: string;
  endpoint: string | undefined;
}

function readTarget(): Target | undefined {
  try {
    const { values } = parseArgs({
      options: { url: { type: "string" }, endpoint: { type: "string" } },
    });
    const { url = process.env["DATABASE_URL"], endpoint } = values;
    return url !== undefined && URL.canParse(url) ? { url, endpoint } : undefined;
  } catch {
    return undefined;
  }
}

async function migrateTarget({ url, endpoint }: Target): Promise<MigrateAnswer> {
  if (endpoint === undefined && !new URL(url).hostname.endsWith(".neon.tech")) {
    const backend = openPostgres(url);
    try {
      return await migrateBackend(backend);
    } finally {
      await backend.close();
    }
  }
  const db = openDatabase({ url, endpoint, use: "keeper", timeoutMs: TIMEOUT_MS });
  const answer = await migrate(
    {
      transaction: async (statements) => {
        const results = await db.transaction(statements);
        return results.map((rows) => rows.map((row) => Object.values(row) as string[]));
      },
    },
    readMigrationFiles(),
  );
  // That door knows no session which the settings could be given to, so the role gets them.
  if (answer.kind === "migrated") await db.query(PIN_ROLE.text, []).catch(sayUnpinned);
  return answer;
}

function sayUnpinned(error: unknown): void {
  console.error(
    `the settings of this role could not be set (${String(error)}): npm run db:doctor says whether it matters`,
  );
}

/** Exit code, after saying what was done. */
function report(answer: MigrateAnswer): number {
  switch (answer.kind) {
    case "migrated":
      for (const name of answer.applied) console.log(`applied ${name}`);
      if (answer.applied.length === 0) console.log("nothing to do: the database is up to date");
      console.log(`mode ${answer.mode}: ${MODE_WORDS[answer.mode]}`);
      return 0;
    case "refused":
      console.error(answer.message);
      return 1;
    case "failed":
      for (const name of answer.applied) console.log(`applied ${name}`);
      console.error(`${answer.name} failed and was taken back: ${String(answer.error)}`);
      return 1;
  }
}

answerHelp(USAGE);
const target = readTarget();
if (target === undefined) {
  console.error(USAGE);
  process.exit(2);
}
try {
  process.exit(report(await migrateTarget(target)));
} catch (error) {
  console.error(`the database cannot be reached: ${String(error)}`);
  process.exit(1);
}
