import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../../dev/database/migration/migrate.ts";
import { readMigrationFiles } from "../../../dev/database/migration/migration-files.ts";
import type { Statement } from "../../../src/db/driver/database.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { ping } from "../../../src/db/upkeep/ping.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { frame, room, trade } from "../events.ts";
import { keepDatabase } from "../kept-database.ts";

const NEW_YORK = { text: "set local timezone = 'America/New_York'", params: [] };
/** The night after which a day had 25 hours there, and the next but one hour. */
const DAY = "timestamptz '2025-11-02 00:00:00+00'";

/** A database of before 0012, whose sessions had a clock that was put on and back. */
describe.each(testDatabaseKinds())("harmed days on $name", ({ openEmpty }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openEmpty();
  });
  afterAll(() => database.close());

  const run = (before: string) =>
    migrate(
      {
        transaction: async (statements) => {
          const results = await database.db.transaction(statements);
          return results.map((rows) => rows.map((row) => Object.values(row) as string[]));
        },
      },
      readMigrationFiles().filter(({ name }) => name < before),
    );
  const inNewYork = (...texts: string[]) =>
    database.db.transaction([NEW_YORK, ...texts.map((text): Statement => ({ text, params: [] }))]);

  it("are mended by the migration: bars of days, and ranges of time that end at odd hours", async () => {
    expect(await run("0011")).toMatchObject({ kind: "migrated" });
    const { mode } = await ping(database.db);
    await inNewYork(
      "insert into symbols (symbol) values ('DST')",
      ...["bars_1h_past", ...(mode === "timescale" ? [] : ["bars_1h_live"])].map(
        (table) => `insert into ${table}
          select b, 1, 2, 0.5, 1.5, 1, 1, b, b, 1, y.id from symbols y, generate_series(${DAY}, ${DAY} + interval '47 hours', interval '1 hour') b`,
      ),
      // As one late trade left them: the day before with an hour of the next, and that with this hour alone.
      ...["bars_1d_past", ...(mode === "timescale" ? [] : ["bars_1d_live"])].map(
        (table) => `insert into ${table}
          select b, 1, 2, 0.5, 1.5, n, n, b, b, 1, y.id from symbols y, (values (${DAY}, 25), (${DAY} + interval '24 hours', 1)) d (b, n)`,
      ),
      // A bar posted for a day, which was not shown as somebody traded in the hour after it.
      `insert into posted_bars select ${DAY} - interval '24 hours', 1, 1, 1, 1, 7, 0, id, 86400 from symbols`,
    );
    if (mode === "plain") {
      // Up to the hour before the first range that could not be made.
      const spring = "make_timestamptz(extract(year from now())::int + 1, 3, 14, 12, 0, 0, 'UTC')";
      await inNewYork(`select add_ranges(${spring})`);
    }

    expect(await run("9")).toMatchObject({ kind: "migrated" });

    for (const part of mode === "timescale" ? ["past"] : ["past", "live"]) {
      const days = await database.db.query(
        `select volume, trades::int4 from bars_1d_${part} order by bucket`,
        [],
      );
      expect(days, part).toEqual([
        { volume: 24, trades: 24 },
        { volume: 24, trades: 24 },
      ]);
    }
    const kept = await keepDatabase(database);
    await kept.keep();
    const posted = await database.db.query("select volume from bars_1d_posted", []);
    expect(posted).toEqual([{ volume: 7 }]);
    if (mode !== "plain") return;
    const odd = await database.db.query(
      `select child from unnest(array['points', 'trades_live', 'metrics_1m_live', 'bars_1m_live']) t (name)
       cross join lateral ranges_of(t.name) where range_to <> date_bin('24 hours', range_to, 'epoch')`,
      [],
    );
    expect(odd).toEqual([]);
  });

  it("what is stored in a range of odd hours stays there, and the next one ends with a day", async (context) => {
    const kept = await keepDatabase(database);
    if (kept.mode !== "plain") return context.skip();
    const end = async (text: string) => Number((await database.db.query(text, []))[0]?.["us"]);
    const lastEnd =
      "select (extract(epoch from max(range_to)) * 1000000)::int8 as us from ranges_of('trades_live')";
    const fromUs = await end(lastEnd);
    // 23 hours, as it was made where a clock was put on.
    const moment = (us: number) => `timestamptz 'epoch' + ${us}::int8 * interval '1 microsecond'`;
    await database.db.query(
      `select add_range('trades_live', ${moment(fromUs)}, ${moment(fromUs + 23 * 3_600_000_000)})`,
      [],
    );
    await storeFrames(
      database.db,
      [room("DST" as never, frame(1, trade(fromUs + 1, 5, 1)))],
      new SeriesIdCache(),
    );
    await database.db.query(`select add_ranges(${moment(fromUs + 20 * 86_400_000_000)})`, []);
    expect((await end(lastEnd)) % 86_400_000_000).toBe(0);
    const [row] = await database.db.query("select count(*)::int4 as n from trades", []);
    expect(row).toEqual({ n: 1 });
  });
});
