import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { readSeries } from "../../../src/db/series/read-series.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { setCompression } from "../../../src/db/upkeep/compression.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, room, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";

const MINUTE = 60_000_000;
const DAY = 1_440 * MINUTE;

describe.each(testDatabaseKinds())("compressed chunks on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();
  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
  });
  afterAll(() => database.close());

  it("INV-1 INV-6 INV-7 INV-9 take late, repeated and replacing events, and replay as before", async (context) => {
    const { db } = database;
    // Only the community edition compresses.
    if (database.mode !== "timescale") return context.skip();
    const watermarkUs = await database.begin();
    const symbol = freshSymbol();
    const old = (Math.floor(watermarkUs / DAY) - 20) * DAY;
    const store = (...frames: Parameters<typeof room>[1][]) =>
      storeFrames(db, [room(symbol, ...frames)], ids);
    const first = frame(
      1,
      trade(old, 5, 1, { id: "a" }),
      trade(old + 1, 6, 1),
      metric("m", old, 1),
    );
    await store(first, frame(2, metric("m", old + MINUTE, 2)));
    expect(await database.keep()).toBe("up_to_date");
    for (const table of ["points", "trades_live"]) {
      const chunks = await db.query(
        `select compress_chunk(c, if_not_compressed => true)::text from show_chunks('${table}') c`,
        [],
      );
      expect(chunks.length).toBeGreaterThan(0);
    }

    const late = frame(
      3,
      trade(old + 2, 9, 4),
      metric("m", old + MINUTE, 20),
      metric("m", old + 5, 7),
    );
    await store(late, first);
    await store(frame(4, trade(old, 5, 1, { id: "a" })));
    expect(await database.keep()).toBe("up_to_date");

    const range = {
      symbol,
      fromUs: at(old),
      toUs: at(old + DAY),
      limit: 2_000,
      storedThrough: cursorAt(9),
    };
    expect(await readBars(db, { ...range, interval: "1d", tail: [] })).toEqual([
      { ts: old, open: 5, high: 9, low: 5, close: 9, volume: 6, trades: 3 },
    ]);
    const [series] = await readSeries(db, {
      ...{ ...range, metric: "m", labels: {}, stepUs: MINUTE, tail: [] },
      aggregates: ["sum", "count"],
    });
    expect(series).toMatchObject({ ts: [old, old + MINUTE], sum: [8, 20], count: [2, 1] });
    const replayed = await readFrames(db, {
      symbol,
      after: cursorAt(0),
      upTo: cursorAt(9),
      maxEvents: 99,
    });
    expect(replayed.frames).toEqual([first, late]);
  });

  it("is as old as the settings say before it is compressed", async (context) => {
    const { db } = database;
    if (database.mode !== "timescale") return context.skip();
    const policies = async () =>
      (
        await db.query(
          `select hypertable_name, config->>'compress_after' as after from timescaledb_information.jobs
           where proc_name = 'policy_compression' order by 1`,
          [],
        )
      ).map((row) => [row["hypertable_name"], row["after"]]);
    for (const days of [7, 3, 3, 0, 0, 30]) {
      await setCompression(db, days);
      const after = `${days} days`;
      expect(await policies()).toEqual(
        days === 0
          ? []
          : [
              ["points", after],
              ["trades_live", after],
            ],
      );
    }
  });
});
