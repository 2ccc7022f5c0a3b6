import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type MigrationFile, migrate } from "../../../dev/database/migration/migrate.ts";
import { readMigrationFiles } from "../../../dev/database/migration/migration-files.ts";
import { ping } from "../../../src/db/upkeep/ping.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";

const FIRST: MigrationFile = { name: "0001_a.sql", text: "create table a (i int); -- one; two\n" };
const SECOND: MigrationFile = {
  name: "0002_b.sql",
  text: "insert into a values (1);\ncreate table b (t text default ';');\ninsert into a values (2);",
};
const BROKEN: MigrationFile = {
  name: "0003_c.sql",
  text: "create table c (i int); insert into a values (3); select 1 / 0; drop table a;",
};

describe.each(testDatabaseKinds())("migrations over the Neon driver on $name", ({ openEmpty }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openEmpty();
  });
  beforeEach(async () => {
    await database.db.query("drop schema public cascade", []);
    await database.db.query("create schema public", []);
  });
  afterAll(() => database.close());

  const run = (...files: MigrationFile[]) =>
    migrate(
      {
        transaction: async (statements) => {
          const results = await database.db.transaction(statements);
          return results.map((rows) => rows.map((row) => Object.values(row) as string[]));
        },
      },
      files,
    );

  const numbers = async () =>
    (await database.db.query("select i from a order by i", [])).map((row) => row["i"]);

  it("applies each file once, in the order of the names, and does nothing the second time", async () => {
    expect(await run(SECOND, FIRST)).toEqual({
      kind: "migrated",
      mode: expect.stringMatching(/^(plain|apache|timescale)$/),
      applied: [FIRST.name, SECOND.name],
      alreadyApplied: [],
    });
    expect(await run(FIRST, SECOND)).toMatchObject({ kind: "migrated", applied: [] });
    expect(await numbers()).toEqual([1, 2]);
    expect((await ping(database.db)).migrations).toEqual([FIRST.name, SECOND.name]);
  });

  it("a migration that fails in the middle leaves the version it found", async () => {
    const answer = await run(FIRST, SECOND, BROKEN);
    expect(answer).toMatchObject({
      kind: "failed",
      name: BROKEN.name,
      applied: [FIRST.name, SECOND.name],
    });
    expect(await numbers()).toEqual([1, 2]);
    expect(await database.db.query("select to_regclass('c') as c", [])).toEqual([{ c: null }]);
    const mended = { ...BROKEN, text: "insert into a values (3)" };
    expect(await run(FIRST, SECOND, mended)).toMatchObject({ applied: [BROKEN.name] });
  });

  it("an edited file is refused by name, and nothing is applied", async () => {
    await run(FIRST);
    const edited = { ...FIRST, text: "create table a (i bigint)" };
    const answer = await run(edited, SECOND);
    expect(answer).toEqual({ kind: "refused", message: expect.stringContaining(FIRST.name) });
    expect(await numbers()).toEqual([]);
    // Line ends of another system are no edit.
    const otherEnds = { ...FIRST, text: FIRST.text.replace("\n", "\r\n") };
    expect(await run(otherEnds)).toMatchObject({ kind: "migrated" });
  });

  it("a database of a newer version and a file put in between are refused by name", async () => {
    await run(FIRST, SECOND);
    expect(await run(FIRST)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(SECOND.name),
    });
    const between = { name: "0001_b.sql", text: "select 1" };
    expect(await run(FIRST, between, SECOND)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(between.name),
    });
  });

  it("several runs at once apply each file once", async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => run(FIRST, SECOND)));
    expect(answers.map(({ kind }) => kind)).toEqual(Array(4).fill("migrated"));
    const applied = answers.flatMap((answer) => (answer.kind === "migrated" ? answer.applied : []));
    expect(applied.sort()).toEqual([FIRST.name, SECOND.name]);
    expect(await numbers()).toEqual([1, 2]);
  });

  it("a file of a mode is for that mode, and what another mode made is refused", async () => {
    const { mode } = await ping(database.db);
    const own = { name: `0002_b.${mode}.sql`, text: "create table own (i int)" };
    const other = mode === "plain" ? "apache" : "plain";
    const others = { name: `0002_b.${other}.sql`, text: "create table others (i int)" };
    expect(await run(FIRST, own, others)).toMatchObject({ mode, applied: [FIRST.name, own.name] });
    await database.db.query("update schema_migrations set name = $1 where name = $2", [
      ...[others.name, own.name],
    ]);
    expect(await run(FIRST, own, others)).toEqual({
      kind: "refused",
      message: expect.stringContaining(`set up as ${other}`),
    });
  });

  it("this checkout's own files apply", async () => {
    expect(await run(...readMigrationFiles())).toMatchObject({ kind: "migrated" });
  });
});
