import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../../dev/database/backend.ts";
import { Upkeep } from "../../dev/database/upkeep.ts";
import { type TestDatabase, testDatabaseKinds } from "./databases.ts";

describe.each(testDatabaseKinds())("upkeep on $name", ({ name, openMigrated }) => {
  let database: TestDatabase;
  let nowMs = 0;
  let did: string[] = [];
  let upkeep: Upkeep;

  beforeAll(async () => {
    database = await openMigrated();
    const run = (statement: Statement) => {
      did.push(statement.text);
      return database.backend.run(statement);
    };
    upkeep = new Upkeep({ backend: { run }, nowMs: () => nowMs, log: (event) => did.push(event) });
  });
  afterAll(() => database.close());

  const treated = async () => {
    // What was written is counted at most once a second, unless it is asked for.
    await database.db.query("select pg_stat_force_next_flush()", []);
    did = [];
    nowMs += 60_000;
    await upkeep.step();
    return did.filter((text) => /^(vacuum|analyze|upkeep_failed)/.test(text));
  };

  it("leaves tables alone that are not due, what is partitioned among them", async () => {
    expect(await treated()).toEqual([]);
  });

  // A server counts what was written when it finds the time.
  it.runIf(name === "PGlite")("analyzes the partition that has new rows, once", async () => {
    await database.db.query(
      `insert into points select now() + i * interval '1 microsecond', i, i, 1, 0 from generate_series(1, 60000) i`,
      [],
    );
    expect(await treated()).toEqual([expect.stringMatching(/^analyze public\.points_\d{8}$/)]);
    await database.db.query("create table something_new (id integer)", []);
    expect(await treated()).toEqual([]);
  });

  it.runIf(name === "PGlite")("makes room again where arrays have been replaced", async () => {
    await database.db.query(
      `insert into packed_points (hour, first_cursor, last_cursor, series_id, count, ts, value, cursor, ordinal)
       select now(), 0, 0, 1, 100000, array_agg(now()), array_agg(random()), array_agg((random() * 1e15)::int8), array_agg(0)
       from generate_series(1, 100000)`,
      [],
    );
    for (let times = 0; times < 150; times += 1) {
      await database.db.query("update packed_points set value = value || 0::float8", []);
    }
    expect(await treated()).toEqual(["vacuum (analyze) public.packed_points"]);
    expect(await treated()).toEqual([]);
  });
});
