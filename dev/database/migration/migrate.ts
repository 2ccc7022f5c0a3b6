import { createHash } from "node:crypto";
import {
  type DatabaseMode,
  IS_TIMESCALE,
  LICENSE,
  MODES,
  modeOf,
  TIMESCALE_VERSION,
} from "../../../src/db/driver/mode.ts";
import { pinSession } from "../../../src/db/driver/session-settings.ts";
import { sql, statementOf } from "../../../src/db/driver/sql.ts";
import type { Statement, TextValue } from "../backend.ts";
import { splitStatements } from "./split-statements.ts";

/** One file of `migrations/`. */
export interface MigrationFile {
  /**
   * File name, `0001_tape.sql`: files are applied in the order of their names. One that ends in a mode,
   * `0004_partitions.plain.sql`, is for databases of that mode alone.
   */
  name: string;
  text: string;
}

export interface MigrateDeps {
  /** Runs statements as one transaction, at READ COMMITTED; answers the rows of each as text. Rejects as the database says. */
  transaction(statements: readonly Statement[]): Promise<TextValue[][][]>;
}

export type MigrateAnswer =
  | { kind: "migrated"; mode: DatabaseMode; applied: string[]; alreadyApplied: string[] }
  /** A file that the database has was changed, or is not among the files. Nothing was applied. */
  | { kind: "refused"; message: string }
  /** `name` failed and left no trace; the files before it are applied. */
  | { kind: "failed"; name: string; applied: string[]; error: unknown };

/** Key of the advisory lock under which migrations run: any fixed number that no other program uses. */
const LOCK_KEY = "7305814126390514692";

/** How every transaction begins: whatever the session is set to, a migration means the same. */
const BEGINNING: readonly Statement[] = [
  { text: "set transaction isolation level read committed, read write", params: [] },
  { text: `select pg_advisory_xact_lock(${LOCK_KEY})`, params: [] },
  { text: pinSession({ isLocal: true }).text, params: [] },
];

const CREATE_TABLE: Statement = {
  text: `create table if not exists schema_migrations (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`,
  params: [],
};

const READ_APPLIED: Statement = {
  text: "select name, checksum from schema_migrations order by name",
  params: [],
};

const READ_MODE: Statement = {
  // What makes hypertables the way our files do is there from 2.13 on.
  text: statementOf(sql`select ${IS_TIMESCALE} as is_timescale, ${LICENSE} as license, ${TIMESCALE_VERSION} as version,
    exists (select from pg_proc where proname = 'by_range') as has_ranges`).text,
  params: [],
};

const RECORD = "insert into schema_migrations (name, checksum) values ($1, $2)";
const RECORD_CONSTRAINT = "schema_migrations_pkey";

/**
 * Applies the files that the database does not have yet, in the order of their names, each in one transaction with
 * the record of it. Several runs at once apply each file once: they wait for each other on an advisory lock, and the
 * record's primary key stops the second.
 */
export async function migrate(
  deps: MigrateDeps,
  files: readonly MigrationFile[],
): Promise<MigrateAnswer> {
  const asked = [CREATE_TABLE, READ_APPLIED, READ_MODE];
  const found = (await deps.transaction([...BEGINNING, ...asked])).slice(BEGINNING.length);
  const checksums = new Map(found[1]?.map(([name, checksum]) => [name ?? "", checksum ?? ""]));
  const [isTimescale, license, version, hasRanges] = found[2]?.[0] ?? [];
  const mode = modeOf(isTrue(isTimescale), license);
  const isSetUp = [...checksums.keys()].some((name) => modeOfFile(name) !== undefined);
  if (mode !== "plain" && !isSetUp && !isTrue(hasRanges)) {
    return { kind: "refused", message: tooOld(version) };
  }
  const ordered = filesOf(files, mode);
  const refusal = compare(ordered, checksums, mode);
  if (refusal !== undefined) return { kind: "refused", message: refusal };

  const applied: string[] = [];
  for (const file of ordered) {
    if (checksums.has(file.name)) continue;
    try {
      const statements = splitStatements(file.text).map((text) => ({ text, params: [] }));
      const record = { text: RECORD, params: [file.name, checksum(file.text)] };
      await deps.transaction([...BEGINNING, record, ...statements]);
      applied.push(file.name);
    } catch (error) {
      if (isRecordConflict(error)) continue;
      return { kind: "failed", name: file.name, applied, error };
    }
  }
  return { kind: "migrated", mode, applied, alreadyApplied: [...checksums.keys()] };
}

/** As text, or as the driver makes a boolean of it. */
function isTrue(value: unknown): boolean {
  return value === "t" || String(value) === "true";
}

function tooOld(version: unknown): string {
  return `TimescaleDB ${version} is too old, and nothing was made: update it to 2.15 or later, or drop the extension, and the database is set up without it`;
}

/** Why these files cannot be applied over what the database has, or undefined where they can. */
function compare(
  files: readonly MigrationFile[],
  checksums: ReadonlyMap<string, string>,
  mode: DatabaseMode,
): string | undefined {
  const known = new Map(files.map((file) => [file.name, file]));
  for (const [name, applied] of checksums) {
    const file = known.get(name);
    const setUpAs = modeOfFile(name) ?? mode;
    if (setUpAs !== mode) {
      return `the database was set up as ${setUpAs} and is ${mode} now: give it back its TimescaleDB, or copy its rows into a new database`;
    }
    if (file === undefined) {
      return `the database has migration ${name}, which is not among the files: it belongs to a newer version`;
    }
    if (checksum(file.text) !== applied) {
      return `migration ${name} was edited after it was applied: restore it and write a new file instead`;
    }
  }
  const newest = [...checksums.keys()].at(-1);
  const late = files.find(
    (file) => newest !== undefined && file.name < newest && !checksums.has(file.name),
  );
  return late === undefined
    ? undefined
    : `migration ${late.name} comes before ${newest}, which is applied: give it a later number`;
}

/** The files for a database of a mode, in their order. */
export function filesOf(files: readonly MigrationFile[], mode: DatabaseMode): MigrationFile[] {
  return files
    .filter(({ name }) => (modeOfFile(name) ?? mode) === mode)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function modeOfFile(name: string): DatabaseMode | undefined {
  return MODES.find((mode) => name.endsWith(`.${mode}.sql`));
}

/** Line ends do not count: a checkout on Windows is no edit. */
function checksum(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
}

/** Another run applied the file while this one waited for the lock. */
function isRecordConflict(error: unknown): boolean {
  return (error as { constraint?: unknown } | null)?.constraint === RECORD_CONSTRAINT;
}
