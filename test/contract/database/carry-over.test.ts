import { mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "../../../dev/database/migration/migrate.ts";
import { readMigrationFiles } from "../../../dev/database/migration/migration-files.ts";
import { clusterOf, EmbeddedPostgres } from "../../../dev/database/postgres/embedded-postgres.ts";
import { openAsRoles } from "../../../dev/database/postgres/embedded-roles.ts";

/** An Edgetape of before this one had not all of the migrations. */
const OLD_MIGRATIONS = 8;
const HOSTILE = "tab\t newline\n back\\slash 'quotes' \"\" \\. \u{feff}é😀";

/** Tables with rows, whose text must be the same in both, and the names that some had. */
const TABLES = ["symbols", "series", "points", "trades_past", "position_states", "tape_state"];
const OLD_NAMES: Readonly<Record<string, string>> = { position_states: "positions" };
/** Of `tape_state` what it had then; it has got more since. */
const SELECT_ROWS = (table: string) =>
  table === "tape_state"
    ? "select row(watermark, rolled_through, raw_from, minutes_from, packed_through)::text from tape_state"
    : `select t::text from ${table} t order by 1`;

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "edgetape-carry-"));
});
afterAll(() => rmSync(dataDir, { recursive: true, maxRetries: 20, retryDelay: 50 }));

it("the rows of an embedded PGlite of before are carried over once, also after a start that was broken off", async () => {
  const before = await makeOld();
  // What a start leaves that ends before the new database is whole.
  renameSync(clusterOf(dataDir), `${clusterOf(dataDir)}.pglite`);

  const events: string[] = [];
  // What a server says of a slow disk is its own affair.
  const open = () =>
    EmbeddedPostgres.open(dataDir, (_level, event) => {
      if (event.includes("pglite")) events.push(event);
    });
  const embedded = await open();
  expect(events).toEqual(["carrying_over_pglite", "carried_over_pglite"]);
  const backend = openAsRoles(embedded.url);
  const textOf = async (text: string) => (await backend.run({ text, params: [] })).rows.flat();
  for (const table of TABLES) {
    expect(await textOf(SELECT_ROWS(table)), table).toEqual(before.get(table));
  }
  // Ids go on where they were, and new rows find their ranges.
  const added = "insert into symbols (symbol) values ('NEW') returning id > 2";
  expect(await textOf(added)).toEqual(["t"]);
  await textOf("insert into points values (now(), 1, 1, 1, 0)");
  await backend.close();
  await embedded.stop();

  const again = await open();
  await again.stop();
  expect(events).toHaveLength(2);
  expect(readdirSync(dataDir)).toContain("postgres.pglite-carried-over");
}, 180_000);

/** A database as PGlite had it, with some rows. @returns the text of the rows of each table. */
async function makeOld(): Promise<Map<string, unknown[]>> {
  const pglite = await PGlite.create(clusterOf(dataDir));
  const files = readMigrationFiles().filter(
    ({ name }) => Number(name.slice(0, 4)) <= OLD_MIGRATIONS,
  );
  const answer = await migrate(
    {
      transaction: (statements) =>
        pglite.transaction(async (transaction) => {
          const results = [];
          for (const { text } of statements.filter(({ params }) => params.length === 0)) {
            results.push((await transaction.query(text, [], { rowMode: "array" })).rows);
          }
          for (const { text, params } of statements.filter(({ params }) => params.length > 0)) {
            await transaction.query(text, [...params]);
          }
          return results as string[][][];
        }),
    },
    files,
  );
  expect(answer.kind).toBe("migrated");
  await pglite.query("insert into symbols (symbol) values ('OLD'), ($1)", [HOSTILE]);
  await pglite.exec(`
    insert into series (symbol_id, metric, labels, labels_key) values (1, 'm', '{}', '{}');
    insert into points select now() - i * interval '1 hour', i / 3.0, i, 1, 0 from generate_series(1, 200) i;
    insert into positions (symbol_id, ts, quantity, cursor, ordinal, account)
      values (1, now(), 0.1, 9007199254740993, 0, 'a');`);
  await pglite.query(
    "insert into trades_past values ('1881-01-01', 1e-10, 'Infinity', 7, 1, 0, 0, $1, 'id')",
    [HOSTILE],
  );
  const before = new Map<string, unknown[]>();
  for (const table of TABLES) {
    const select = SELECT_ROWS(OLD_NAMES[table] ?? table);
    const { rows } = await pglite.query<unknown[]>(select, [], { rowMode: "array" });
    before.set(table, rows.flat());
  }
  await pglite.close();
  return before;
}
