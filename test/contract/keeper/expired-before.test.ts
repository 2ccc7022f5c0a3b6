import { expect, it } from "vitest";
import { type MigrationFile, migrate } from "../../../dev/database/migration/migrate.ts";
import { readMigrationFiles } from "../../../dev/database/migration/migration-files.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import * as make from "../events.ts";
import { keepDatabase } from "../kept-database.ts";

const DAY = 86_400_000_000;
const { cursorAt, frame, freshSymbol, room } = make;

const run = async ({ db }: TestDatabase, files: readonly MigrationFile[]) => {
  const transaction: Parameters<typeof migrate>[0]["transaction"] = async (statements) => {
    const results = await db.transaction(statements);
    return results.map((rows) => rows.map((row) => Object.values(row) as string[]));
  };
  expect(await migrate({ transaction }, files)).toMatchObject({ kind: "migrated" });
};

const cases = testDatabaseKinds().flatMap(({ name, openEmpty }) =>
  [0, 100].map((ageDays) => ({ name, openEmpty, ageDays })),
);

it.each(cases)(
  "S-10 a database of $ageDays days says of what it dropped before 0026 what it knows, and nothing of before it was made, on $name",
  async ({ openEmpty, ageDays }) => {
    const files = readMigrationFiles();
    const opened = await openEmpty();
    await run(
      opened,
      files.filter(({ name }) => name < "0026"),
    );
    const database = await keepDatabase(opened);
    const { db, clock } = database;
    const oldUs = Math.floor(clock.nowUs - 20 * DAY);
    const now = clock.nowUs - 60_000_000;
    const [trades, points, late, kept] = [
      freshSymbol(),
      freshSymbol(),
      freshSymbol(),
      freshSymbol(),
    ];
    const lateUs = clock.nowUs - 2 * DAY + 7;
    const dropped = [
      { symbol: trades, through: oldUs + 3, of: make.trade(oldUs, 1, 1) },
      { symbol: points, through: oldUs + 5, of: make.metric("m", oldUs, 1) },
      { symbol: late, through: lateUs, of: make.trade(oldUs, 1, 1) },
    ];
    await storeFrames(
      db,
      [
        ...dropped.map(({ symbol, through, of }) =>
          room(symbol, frame(through, of), frame(now, make.trade(now, 1, 1))),
        ),
        room(kept, frame(oldUs + 1, make.position(oldUs, 1))),
      ],
      new SeriesIdCache(),
    );
    expect(await database.keep()).toBe("up_to_date");
    const before = new Date((clock.nowUs - 7 * DAY) / 1_000).toISOString();
    const [row] = await db.query("select drop_raw_before($1::timestamptz) as is_done", [before]);
    expect(row?.["is_done"]).toBe(true);
    await db.query("update schema_migrations set applied_at = applied_at - $1 * interval '1 day'", [
      ageDays,
    ]);

    await run(opened, files);

    const expired = async (symbol: (typeof dropped)[number]["symbol"]) => {
      const range = { after: cursorAt(0), upTo: cursorAt(clock.nowUs) };
      return (await readFrames(db, { symbol, ...range, maxEvents: 100 })).expiredThrough;
    };
    // In an old one a line of any symbol may have gone, of before the first day that there is.
    const [days] = await db.query(
      "select (extract(epoch from min(day_from)) * 1000000)::int8 as from_us from log_days()",
      [],
    );
    const mayBeThrough = ageDays === 0 ? 0 : Number(days?.["from_us"]);
    for (const { symbol, through } of dropped) {
      expect(await expired(symbol)).toBe(Math.max(through, mayBeThrough));
    }
    expect(await expired(kept)).toBe(ageDays === 0 ? null : mayBeThrough);
    await database.close();
  },
);
