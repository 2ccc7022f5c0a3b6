import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Backend, PostgresError } from "../../../dev/database/backend.ts";
import { migrateBackend } from "../../../dev/database/migration/backend-migration.ts";
import { makeRoles, openAsRoles } from "../../../dev/database/postgres/embedded-roles.ts";
import { openPostgres } from "../../../dev/database/postgres-backend.ts";
import { askSql } from "../../../dev/sql/ask.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";

const INSUFFICIENT_PRIVILEGE = "42501";

/** What a superuser could do to the machine, and how somebody might become one. */
const BEYOND_THE_DATA = [
  "select pg_read_file('PG_VERSION')",
  "select pg_read_binary_file('/etc/passwd')",
  "select pg_ls_dir('/')",
  "select * from pg_stat_file('/etc/passwd')",
  "select lo_import('/etc/passwd')",
  "do $$ begin execute 'copy (select 1) to program ''true'''; end $$",
  "do $$ begin execute 'copy (select 1) to ''/tmp/edgetape-copied'''; end $$",
  "select set_config('session_preload_libraries', 'x', false)",
  "set role edgetape",
  "set session authorization edgetape",
];

/** The same of statements that a transaction which only reads refuses for that reason. */
const BEYOND_WRITING = [
  "copy symbols (symbol) from program 'echo X'",
  "copy symbols (symbol) from '/etc/passwd'",
  "copy symbols (symbol) to program 'cat > /dev/null'",
  "alter role edgetape_owner superuser",
  "grant pg_execute_server_program to edgetape_owner",
  "create role another superuser",
  "create function run(cstring) returns int4 as '/lib/x86_64-linux-gnu/libc.so.6', 'system' language c strict",
  "alter system set archive_command = 'true'",
  "select lo_export(lo_create(0), '/tmp/edgetape-exported')",
];

const [embedded] = testDatabaseKinds();
if (embedded === undefined) throw new Error("there is always the embedded one");

describe(`the roles of ${embedded.name}`, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await embedded.openMigrated();
  });
  afterAll(() => database.close());

  const door = () => ({
    ...{ url: `postgres://edgetape:${database.secret}@127.0.0.1/edgetape`, fetch },
    endpoint: database.sqlUrl,
  });
  const ask = (text: string, canWrite: boolean) => askSql(door(), text, canWrite);

  it.each(BEYOND_THE_DATA)("no prompt reaches beyond the data: %s", async (text) => {
    for (const canWrite of [false, true]) {
      const outcome = await ask(text, canWrite);
      expect(outcome).toMatchObject({ kind: "refused", error: { code: INSUFFICIENT_PRIVILEGE } });
    }
  });

  it.each(BEYOND_WRITING)("nor does one that may write: %s", async (text) => {
    expect(await ask(text, false)).toMatchObject({ kind: "refused" });
    const outcome = await ask(text, true);
    expect(outcome).toMatchObject({ kind: "refused", error: { code: INSUFFICIENT_PRIVILEGE } });
  });

  it("a prompt that may write makes tables of its own, changes what is there, and another reads it", async () => {
    for (const text of [
      "create schema notebook",
      "create table notebook.mine (i int)",
      "insert into notebook.mine values (1)",
      "update tape_state set replaced_since = null",
      "create index on trades_past (price)",
    ]) {
      expect(await ask(text, true), text).toMatchObject({ kind: "answer" });
    }
    const answer = { rows: [["1"]] };
    expect(await ask("select * from notebook.mine", false)).toMatchObject({ answer });
    expect(await ask("drop schema notebook cascade", true)).toMatchObject({ kind: "answer" });
  });

  it("who reads has no right to write, whatever the transaction is", async () => {
    for (const use of ["reader", "prompt"] as const) {
      for (const text of [
        "insert into symbols (symbol) values ('X')",
        "delete from points",
        "truncate trades_past",
        "create table of_a_reader (i int)",
        "select nextval('symbols_id_seq')",
      ]) {
        const failure = await database.backend
          .run({ text, params: [] }, { use })
          .catch((error: unknown) => error);
        expect(failure, text).toBeInstanceOf(PostgresError);
        expect((failure as PostgresError).fields.code, text).toBe(INSUFFICIENT_PRIVILEGE);
      }
    }
  });

  it("what a superuser has made in a database of before becomes the owner's, and nothing is done twice", async () => {
    const name = `edgetape_test_${randomBytes(6).toString("hex")}`;
    const url = new URL(inject("embeddedServerUrl"));
    const admin = openPostgres(url.href);
    await run(admin, `create database ${name}`);
    url.pathname = `/${name}`;
    const superuser = openPostgres(url.href);
    expect((await migrateBackend(superuser)).kind).toBe("migrated");
    for (const text of [
      `create schema "Old ""one"""`,
      `create type "Old ""one""".mood as enum ('well')`,
      `create table "Old ""one""".mine (i serial primary key, m "Old ""one""".mood, r int4range)`,
      "create procedure old_procedure() language sql as 'select 1'",
      "create aggregate old_sum(int4) (sfunc = int4pl, stype = int4)",
    ]) {
      await run(superuser, text);
    }
    await makeRoles(url.href);
    const transactions = "select pg_snapshot_xmax(pg_current_snapshot())";
    const before = await run(superuser, transactions);
    await makeRoles(url.href);
    const [[after] = []] = await run(superuser, transactions);
    // Others work on this server as well; what was given took some 200.
    expect(Number(after) - Number(before[0]?.[0])).toBeLessThan(100);
    await superuser.close();

    const backend = openAsRoles(url.href);
    for (const text of [
      `alter table "Old ""one""".mine add column j int`,
      `alter type "Old ""one""".mood add value 'ill'`,
      `drop schema "Old ""one""" cascade`,
      "drop procedure old_procedure",
      "drop aggregate old_sum(int4)",
      "alter table points add column extra int",
      "select add_ranges(now() + interval '60 days')",
      "alter view trades rename to renamed",
      "drop function refuse_change cascade",
    ]) {
      await run(backend, text);
    }
    await backend.close();
    await run(admin, `drop database ${name} with (force)`);
    await admin.close();
  });
});

async function run(backend: Backend, text: string) {
  return (await backend.run({ text, params: [] })).rows;
}
