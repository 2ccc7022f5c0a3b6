import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateBackend } from "../../../dev/database/migration/backend-migration.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { ask } from "../../../src/db/driver/ask.ts";
import { UNPINNED } from "../../../src/db/driver/session-settings.ts";
import { sql } from "../../../src/db/driver/sql.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, position, room, trade } from "../events.ts";
import { addDecoys, makeHostile } from "../hostile-settings.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;

/** The embedded one of before has one session, and nobody else gives it settings. */
const kinds = testDatabaseKinds().filter(({ name }) => name !== "PGlite");

describe.each(kinds)("a database of hostile settings on $name", ({ openEmpty }) => {
  let database: TestDatabase;
  let kept: KeptDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openEmpty();
    await makeHostile(database.backend);
    const answer = await migrateBackend(database.backend);
    if (answer.kind !== "migrated") throw new Error(JSON.stringify(answer));
    await addDecoys(database.backend);
    kept = await keepDatabase(database);
  });
  afterAll(() => database.close());

  it("INV-8 our own statements have none of them", async () => {
    const rows = await ask(
      database.db,
      sql`select ${UNPINNED} as unpinned, n.nspname as schema
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = 'points'::regclass`,
    );
    expect(rows).toEqual([{ unpinned: null, schema: "public" }]);
  });

  // In New York the first has 23 hours, the others 25.
  it.each(["2025-03-09", "2025-11-02", "2026-11-01"])(
    "INV-7 INV-8 %s has 24 hours, and so have its neighbours",
    async (day) => {
      const symbol = freshSymbol();
      const fromUs = Date.parse(`${day}T00:00:00Z`) * 1_000 - DAY;
      const store = (first: number, hours: readonly number[]) => {
        const trades = hours.map((hour) => trade(fromUs + hour * HOUR, 5, 1));
        return storeFrames(database.db, [room(symbol, frame(first, ...trades))], ids);
      };
      const volumes = async () => {
        const bars = await readBars(database.db, {
          ...{ symbol, interval: "1d", limit: 10, tail: [] },
          ...{ fromUs: at(fromUs), toUs: at(fromUs + 3 * DAY) },
          storedThrough: cursorAt(Number.MAX_SAFE_INTEGER),
        });
        const rows = await database.db.query(
          "select volume from bars_1d where symbol = $1 order by timestamp",
          [symbol],
        );
        return [bars.map(({ volume }) => volume), rows.map((row) => row["volume"])];
      };
      await store(1, [...Array(72).keys()]);
      await kept.keep();
      expect(await volumes()).toEqual([
        [24, 24, 24],
        [24, 24, 24],
      ]);
      // A day is made of its hours, of which one is new.
      await store(2, [24, 47]);
      await kept.keep();
      expect(await volumes()).toEqual([
        [24, 26, 24],
        [24, 26, 24],
      ]);
    },
  );

  it("INV-8 doubles come back with every digit, and what was not said is null", async () => {
    const symbol = freshSymbol();
    const events = [metric("m", 5, 0.1 + 0.2), position(6, 1 / 3)].map((event) => ({
      ...event,
      ts: at(event.ts + kept.clock.nowUs),
    }));
    await storeFrames(database.db, [room(symbol, frame(9, ...events))], ids);
    const answer = await readFrames(database.db, {
      ...{ symbol, after: cursorAt(0), upTo: cursorAt(9), maxEvents: 10 },
    } as Parameters<typeof readFrames>[1]);
    expect(JSON.stringify(answer)).toContain("0.30000000000000004");
    expect(JSON.stringify(answer)).toContain("0.3333333333333333");
  });

  it("ranges of time are made however far ahead, and end with a day", async (context) => {
    if (kept.mode !== "plain") return context.skip();
    // Past the next night on which clocks are put on.
    await database.db.query(
      "select add_ranges(make_timestamptz(extract(year from now())::int + 1, 4, 1, 0, 0, 0, 'UTC'))",
      [],
    );
    const odd = await database.db.query(
      `select child, range_to::text from unnest(array['points', 'trades_live', 'metrics_1m_live', 'bars_1m_live']) t (name)
       cross join lateral ranges_of(t.name) where range_to <> date_bin('24 hours', range_to, 'epoch')`,
      [],
    );
    expect(odd).toEqual([]);
  });
});
