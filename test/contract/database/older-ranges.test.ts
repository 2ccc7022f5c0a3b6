import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../../dev/database/migration/migrate.ts";
import { readMigrationFiles } from "../../../dev/database/migration/migration-files.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, room, trade } from "../events.ts";
import { keepDatabase } from "../kept-database.ts";

const DAY = 86_400_000_000;

describe.each(testDatabaseKinds())("a database of before 0019 on $name", ({ openEmpty }) => {
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

  it("keeps what is in the range of all time before the setup, and drops it by the week from then on", async () => {
    expect(await run("0019")).toMatchObject({ kind: "migrated" });
    // What stores here is the code of today, which needs what 0021 makes.
    const [idMarks] = readMigrationFiles().filter(({ name }) => name.startsWith("0021"));
    await database.db.query(idMarks?.text ?? "", []);
    const symbol = freshSymbol();
    const kept = await keepDatabase(database);
    const today = Math.floor(kept.clock.nowUs / DAY) * DAY;
    const trades = [60, 35, 20].map((age, i) => frame(i + 1, trade(today - age * DAY, age, 1)));
    await storeFrames(database.db, [room(symbol, ...trades)], new SeriesIdCache());
    await database.db.query(
      `insert into posted_bars select timestamptz '2020-01-01 00:00:00+00', 1, 1, 1, 1, 1, 0, id, 86400
       from symbols where symbol = $1`,
      [symbol],
    );
    await database.db.query(
      `insert into bars_1d_posted select bucket, 1, 1, 1, 1, 1, 0, bucket, bucket, symbol_id from posted_bars`,
      [],
    );
    while ((await kept.keep()) === "behind");
    await database.db.query("drop table id_marks", []);
    const answer = await run("9");
    expect(answer).toMatchObject({ kind: "migrated" });

    const bars = () =>
      readBars(database.db, {
        ...{ symbol, interval: "1d", fromUs: at(0), toUs: at(today), limit: 10, tail: [] },
        storedThrough: cursorAt(1_000),
      });
    const before = await bars();
    expect(before.map(({ close, trades }) => [close, trades])).toEqual([
      // Nobody had said that there were none.
      [1, undefined],
      [60, 1],
      [35, 1],
      [20, 1],
    ]);
    const prices = async () =>
      (await database.db.query("select price from trades_live order by ts", [])).map(
        ({ price }) => price,
      );
    expect(await prices()).toEqual([60, 35, 20]);
    const days = { rawDays: 40, minutesDays: 0 };
    expect((await retain(database.db, kept.clock.nowUs, days)).rawDropped).toBe(true);
    expect(await prices()).toEqual([35, 20]);
    while ((await kept.keep()) === "behind");
    expect(await bars()).toEqual(before);
  });
});
