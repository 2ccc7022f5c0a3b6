import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "../../../src/db/driver/database-error.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";

const rejectionOf = async (call: Promise<unknown>) =>
  call.then(
    () => "no failure",
    (error) => failureOf(error),
  );

describe.each(testDatabaseKinds())("the endpoint over $name", ({ openMigrated }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(database.sqlUrl, {
      method: "POST",
      headers: {
        "neon-connection-string": `postgres://u:${database.secret}@h/d`,
        "neon-raw-text-output": "true",
        "neon-array-mode": "true",
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  it("answers as Neon does: rows of text, fields, command and count", async () => {
    const response = await post({
      query: "select 1 as a, null as b, $1::text as c, 1.5::float8 as d",
      params: ["x"],
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as { fields: { name: string; dataTypeID: number }[] };
    expect(body).toMatchObject({
      ...{ rows: [["1", null, "x", "1.5"]], command: "SELECT", rowCount: 1, rowAsArray: true },
    });
    expect(body.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
      ["a", 23],
      ["b", 25],
      ["c", 25],
      ["d", 701],
    ]);
  });

  it("converts nothing on the way", async () => {
    const text =
      "select '\\xff00'::bytea as a, 12345678901234567890.10::numeric as b, true as c, '{1,NULL}'::int[] as d, '\ufeff' as e";
    const body = (await (await post({ query: text, params: [] })).json()) as { rows: string[][] };
    expect(body.rows).toEqual([["\\xff00", "12345678901234567890.10", "t", "{1,NULL}", "\ufeff"]]);
  });

  it("runs a batch as one transaction with the options of its headers", async () => {
    const level = { query: "show transaction_isolation", params: [] };
    const readOnly = { query: "show transaction_read_only", params: [] };
    const response = await post(
      { queries: [level, readOnly] },
      { "neon-batch-isolation-level": "RepeatableRead", "neon-batch-read-only": "true" },
    );
    const body = (await response.json()) as { results: { rows: string[][] }[] };
    expect(body.results.map(({ rows }) => rows)).toEqual([[["repeatable read"]], [["on"]]]);
  });

  it("takes a failed batch back whole, and goes on", async () => {
    await database.db.query("create table batch (i int primary key)", []);
    const insert = { text: "insert into batch values ($1)", params: [1] };
    expect(await rejectionOf(database.db.transaction([insert, insert]))).toMatchObject({
      kind: "refused",
      sqlstate: "23505",
    });
    expect(await database.db.query("select count(*)::int as n from batch", [])).toEqual([{ n: 0 }]);
  });

  it("lets no transaction stay open between requests", async () => {
    await rejectionOf(database.db.query("begin", []));
    await database.db.query("create table after_begin (i int)", []);
    const [row] = await database.db.query(
      "select pg_current_xact_id_if_assigned() is null as idle",
      [],
    );
    expect(row).toEqual({ idle: true });
  });

  it("keeps statements of one request apart", async () => {
    const failure = await rejectionOf(database.db.query("select 1; select 2", []));
    expect(failure).toMatchObject({ kind: "refused", sqlstate: "42601" });
  });

  it("answers many requests at once, each its own", async () => {
    const asked = Array.from({ length: 100 }, (_, i) => i);
    const answers = await Promise.all(
      asked.map((i) => database.db.query("select $1::int as i, pg_sleep(0.001)", [i], `id-${i}`)),
    );
    expect(answers.map(([row]) => row?.["i"])).toEqual(asked);
  });

  it("a statement still works after its table was changed under it", async () => {
    await database.db.query("create table changing (i int)", []);
    const read = () => database.db.query("select * from changing", [], "same-text");
    await read();
    await database.db.query("alter table changing add column j int", []);
    // The first may find its plan stale, as on any server; it must not stay so.
    await rejectionOf(read());
    await database.db.query("insert into changing values (1, 2)", []);
    expect(await read()).toEqual([{ i: 1, j: 2 }]);
  });

  it("a correlation id cannot leave its comment", async () => {
    const tag = "x */ ; drop table points; /* \u0000 ' \" 😀".repeat(20);
    expect(await database.db.query("select 1 as one", [], tag)).toEqual([{ one: 1 }]);
    expect(await database.db.query("select 1 as one", [], "")).toEqual([{ one: 1 }]);
  });

  it("INV-10 without the secret there is no answer, not even about the SQL", async () => {
    const stranger = database.open({ secret: "wrong" });
    const failure = await rejectionOf(stranger.query("select 1", []));
    expect(failure).toEqual({
      ...{ kind: "unavailable", why: "unprepared" },
      detail: expect.stringContaining("password"),
    });
    for (const header of [
      "",
      "nonsense",
      "postgres://u@h/d",
      `postgres://${database.secret}@h/d`,
    ]) {
      const response = await post(
        { query: "selec", params: [] },
        { "neon-connection-string": header },
      );
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        400,
        "28P01",
      ]);
    }
  });

  it("refuses what is no request of the driver, with the reason", async () => {
    const refused = async (response: Response) =>
      [response.status, ((await response.json()) as { message: string }).message] as const;
    expect((await refused(await post("{")))[1]).toMatch(/not JSON/);
    expect((await refused(await post({})))[1]).toMatch(/query/);
    expect((await refused(await post({ query: "select 1", params: [{}] })))[1]).toMatch(
      /params\.0/,
    );
    expect((await refused(await post([])))[0]).toBe(400);
    const isolation = { "neon-batch-isolation-level": "Chaos" };
    expect((await refused(await post({ queries: [] }, isolation)))[1]).toMatch(/isolation/);
    expect(
      (await refused(await post({ query: "select 1" }, { "neon-array-mode": "false" })))[1],
    ).toMatch(/Array-Mode/);
    expect((await fetch(database.sqlUrl)).status).toBe(405);
    expect((await fetch(new URL("/other", database.sqlUrl))).status).toBe(404);
  });

  it("refuses a body over the limit, and goes on", async () => {
    const failure = await rejectionOf(
      database.db.query("select $1", ["x".repeat(11 * 1024 * 1024)]),
    );
    expect(failure).toMatchObject({ kind: "refused", sqlstate: "54000" });
    expect(await database.db.query("select 1 as one", [])).toEqual([{ one: 1 }]);
  });

  it("tells failures that pass from those that stay", async () => {
    const classify = (text: string, params: string[] = []) =>
      rejectionOf(database.db.query(text, params));
    expect(await classify("selec 1")).toMatchObject({ kind: "refused", sqlstate: "42601" });
    expect(await classify("select 1 / 0")).toMatchObject({ kind: "refused", sqlstate: "22012" });
    expect(await classify("select $1::int", ["x"])).toMatchObject({
      kind: "refused",
      sqlstate: "22P02",
    });
    // Setup: migrations put it right, and what waits must not be thrown away.
    expect(await classify("select * from no_such_table")).toMatchObject({ kind: "unavailable" });
    const raise = (code: string) => classify(`do $$ begin raise sqlstate '${code}'; end $$`);
    for (const code of ["40001", "40P01", "53200", "57P01", "55P03", "25006", "XX000"]) {
      expect(await raise(code), code).toMatchObject({ kind: "unavailable" });
    }
  });

  it("a database that does not answer in time, or at all, is unavailable", async () => {
    const hurried = database.open({ timeoutMs: 50 });
    expect(await rejectionOf(hurried.query("select pg_sleep(0.5)", []))).toMatchObject({
      kind: "unavailable",
    });
    expect(await database.db.query("select 1 as one", [])).toEqual([{ one: 1 }]);
  });

  it("a reader's statement has a limit of time, the writer's and the keeper's have none", async () => {
    const limits = ["reader", "writer", "keeper"] as const;
    const found = limits.map(async (use) => {
      const [row] = await database.open({ use }).query("show statement_timeout", []);
      return row?.["statement_timeout"];
    });
    expect(await Promise.all(found)).toEqual(["12s", "0", "0"]);
    // What ends a statement at its limit comes as a failure of SQL, which the driver tells by its code.
    const slow = { query: "select pg_sleep(20)", params: [] };
    const limit = { query: "select set_config('statement_timeout', '50', false)", params: [] };
    const response = await post({ queries: [limit, slow] });
    const body = (await response.json()) as { code: string };
    expect([response.status, body.code]).toEqual([400, "57014"]);
  });

  const sleepers = async () => {
    const [row] = await database.db.query(
      `select count(*)::int as n from pg_stat_activity
       where state = 'active' and query like 'select pg_sleep(%' and datname = current_database()`,
      [],
    );
    return row?.["n"];
  };

  /** The connections of readers are made, which on a busy machine takes longer than what a test waits for. */
  const warmReaders = async () => {
    const reader = database.open({ use: "reader" });
    const all = Array.from({ length: 6 }, () => reader.query("select from pg_sleep(0.2)", []));
    await Promise.allSettled(all);
  };

  it("ends the statement of a client that has gone, and does not begin those that wait", async () => {
    await warmReaders();
    const hurried = database.open({ use: "reader", timeoutMs: 2_000 });
    const abandoned = Array.from({ length: 40 }, () => hurried.query("select pg_sleep(60)", []));
    await expect.poll(sleepers, { timeout: 1_900, interval: 20 }).toBe(6);
    await Promise.allSettled(abandoned);
    await expect.poll(sleepers).toBe(0);
    const answer = await database
      .open({ use: "reader", timeoutMs: 15_000 })
      .query("select 1 as one", []);
    expect(answer).toEqual([{ one: 1 }]);
  });

  it("readers that take all their connections hold up neither writer nor keeper, and the next is told", async () => {
    await warmReaders();
    const patient = database.open({ use: "reader" });
    const reads = Array.from({ length: 7 }, () => patient.query("select pg_sleep(7)", []));
    const settled = Promise.allSettled(reads);
    await expect.poll(sleepers, { timeout: 5_000, interval: 20 }).toBe(6);
    for (const use of ["writer", "keeper"] as const) {
      const hurried = database.open({ use, timeoutMs: 3_000 });
      expect(await hurried.query("select 1 as one", []), use).toEqual([{ one: 1 }]);
    }
    const failures = (await settled).flatMap((read) =>
      read.status === "rejected" ? [read.reason] : [],
    );
    expect(failures.map((failure) => failure.code)).toEqual(["53300"]);
    expect(failureOf(failures[0])).toMatchObject({ kind: "unavailable" });
  });

  it("tells its backend and version", async () => {
    const response = await fetch(new URL("/healthz", database.sqlUrl));
    expect(await response.json()).toEqual({
      status: "ok",
      backend: "embedded",
      version: "test",
    });
  });
});
