import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rfc3339Of } from "../../../src/core/time/civil-time.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { readSeries } from "../../../src/db/series/read-series.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import { readMemory } from "../../../src/db/upkeep/read-memory.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import { readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import { tailOf } from "../bars/tape-model.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, room, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STORED = cursorAt(1_000_000);
const DAYS = (old: number) => ({
  ...{ interval: "1d" as const, fromUs: at(old - DAY), toUs: at(old + 30 * DAY) },
  ...{ limit: 10_000, storedThrough: STORED },
});

describe.each(testDatabaseKinds())("retention on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();
  const symbol = freshSymbol();
  /** Twenty days ago at a full hour: raw data of it goes when a week is kept. */
  let old: number;

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
    old = Math.floor(database.clock.nowUs / DAY - 20) * DAY + 9 * HOUR;
    provenByMinute = frame(7, metric("n", old + 5 * MINUTE, 1));
  });
  afterAll(() => database.close());

  const store = (...frames: Parameters<typeof room>[1][]) =>
    storeFrames(database.db, [room(symbol, ...frames)], ids);
  const days = (interval: "1m" | "1h" | "1d") =>
    readBars(database.db, {
      ...{ symbol, interval, fromUs: at(old - DAY), toUs: at(old + 30 * DAY), limit: 10_000 },
      ...{ storedThrough: STORED, tail: [] },
    });
  const hours = async () => {
    const [series] = await readSeries(database.db, {
      ...{ symbol, metric: "m", labels: {}, fromUs: at(old - DAY), toUs: at(old + DAY) },
      ...{ stepUs: HOUR, aggregates: ["sum", "count", "first", "last", "p95"], limit: 10_000 },
      ...{ storedThrough: STORED, tail: [] },
    });
    return series;
  };
  const count = async (table: string) => {
    const [row] = await database.db.query(`select count(*)::int4 as n from ${table}`, []);
    return row?.["n"];
  };

  let provenByMinute: StoredFrame;

  it("drops nothing whose rollups are not made", async () => {
    await store(
      frame(1, trade(old, 5, 1), trade(old + 30_000_000, 9, 2), metric("m", old, 1)),
      frame(2, trade(old + 2 * HOUR, 7, 4), metric("m", old + 10, 2), metric("m", old + HOUR, 8)),
      frame(3, trade(database.clock.nowUs - 5 * MINUTE, 6, 1)),
      frame(3, metric("n", old, 1), metric("n", old + 10 * MINUTE, 1)),
    );
    const report = await retain(database.db, database.clock.nowUs, {
      rawDays: 7,
      minutesDays: 365,
    });
    expect(report.rawDropped).toBe(false);
    expect(await count("all_trades")).toBe(4);
  });

  it("drops raw data in whole weeks; bars and rollups answer as before", async () => {
    expect(await database.keep()).toBe("up_to_date");
    const before = [await days("1m"), await days("1h"), await days("1d"), await hours()];
    expect(
      (await retain(database.db, database.clock.nowUs, { rawDays: 7, minutesDays: 365 }))
        .rawDropped,
    ).toBe(true);
    expect(await count("all_trades")).toBe(1);
    expect(await count("all_points")).toBe(0);
    expect([await days("1m"), await days("1h"), await days("1d"), await hours()]).toEqual(before);
    const { rawFromUs } = await readTapeState(database.db);
    expect(rawFromUs).toBeGreaterThan(old);
    expect(rawFromUs % (7 * DAY)).toBe(0);
    // A second time there is nothing to do.
    expect(
      (await retain(database.db, database.clock.nowUs, { rawDays: 7, minutesDays: 365 }))
        .rawDropped,
    ).toBe(false);
  });

  it("K-1 sets aside what comes again for a closed hour, takes what can be proven new, and what is of an hour that was empty", async () => {
    const again = frame(4, trade(old, 5, 1), trade(old + 1, 50, 10), metric("m", old, 9));
    const between = frame(5, metric("m", old + 5, 100));
    const counted = frame(
      6,
      ...[trade(old + HOUR, 2, 1), metric("m", old + 3 * HOUR, 7), metric("m", old + 20, 4)],
      // A minute in which nobody traded, of an hour in which somebody did.
      trade(old + 2 * MINUTE, 50, 10),
    );
    // What a room alone has counts as it will when it is stored.
    const inTail = tailOf([again, between], 0);
    const [beforeTail] = await days("1d");
    const [withTail] = await readBars(database.db, { ...DAYS(old), symbol, tail: inTail.trades });
    expect(withTail).toEqual(beforeTail);
    const noted = async (tail: typeof inTail.points) => {
      const [series] = await readSeries(database.db, {
        ...{ symbol, metric: "m", labels: {}, fromUs: at(old), toUs: at(old + HOUR) },
        ...{
          stepUs: HOUR,
          aggregates: ["sum", "count"],
          limit: 10_000,
          storedThrough: STORED,
          tail,
        },
      });
      return series;
    };
    expect(await noted(inTail.points)).toMatchObject({ sum: [3], count: [2] });
    const stored = [await store(again), await store(between), await store(counted)];
    // A note for the hour changes nothing of where it is cut.
    await store(frame(9, metric("n", old, 5)));
    const [half] = await readSeries(database.db, {
      ...{ symbol, metric: "n", labels: {}, fromUs: at(old), toUs: at(old + 5 * MINUTE) },
      ...{ stepUs: HOUR, aggregates: ["sum"], limit: 10_000, storedThrough: STORED, tail: [] },
    });
    expect(half).toMatchObject({ ts: [old], sum: [1] });
    expect(half).not.toHaveProperty("whole_buckets");
    expect(stored.map(({ setAside }) => setAside)).toEqual([3, 1, 0]);
    const expectAll = async () => {
      const [bar, second] = await days("1m");
      expect(bar).toEqual({
        ...{ ts: old, open: 5, high: 9, low: 5, close: 9, volume: 3, trades: 2 },
      });
      expect(second).toMatchObject({ ts: old + 2 * MINUTE, open: 50, volume: 10, trades: 1 });
      expect((await days("1d"))[0]).toMatchObject({
        ...{ open: 5, high: 50, low: 2, close: 7, volume: 18, trades: 5 },
      });
      expect(await hours()).toMatchObject({
        ts: [old, old + HOUR, old + 3 * HOUR],
        sum: [7, 8, 7],
        count: [3, 1, 1],
        first: [1, 8, 7],
        last: [4, 8, 7],
        // Of two points nobody has any more and one that came late there is no percentile.
        p95: [null, 8, 7],
      });
      expect([await count("points_set_aside"), await count("trades_set_aside")]).toEqual([3, 2]);
    };
    await expectAll();
    expect(await database.keep()).toBe("up_to_date");
    await expectAll();
    // The same again, as after a crash, changes nothing.
    await store(again, between, counted);
    expect(await database.keep()).toBe("up_to_date");
    await expectAll();
    const { setAside } = await readMemory(database.db);
    expect(setAside).toEqual({ points: 3, trades: 2 });
    expect((await store(provenByMinute)).setAside).toBe(0);
  });

  it("drops minutes later than raw data, and keeps hours and days without end", async () => {
    const later = at(old + 100 * DAY);
    const before = [await days("1h"), await days("1d"), await hours()];
    database.clock.nowUs = later;
    await retain(database.db, later, { rawDays: 0, minutesDays: 0 });
    while ((await database.keep()) === "behind");
    await retain(database.db, later, { rawDays: 7, minutesDays: 30 });
    expect((await readTapeState(database.db)).minutesFromUs).toBeGreaterThan(old);
    expect(await count("metrics_1m_past")).toBe(0);
    expect(
      [await days("1h"), await days("1d"), await hours()].map((one) => JSON.stringify(one)),
    ).toEqual(before.map((one) => JSON.stringify(one)));
    // What was proven new by a minute is still known, though now only the hour could tell.
    expect((await store(provenByMinute)).setAside).toBe(0);
    expect((await store(frame(8, metric("n", old + 6 * MINUTE, 1)))).setAside).toBe(1);
  });

  it("K-3 leaves what a version of before counted beside a closed hour, and knows it when it comes again", async () => {
    const [before] = await days("1d");
    await database.db.query(
      `with row as (
         insert into trades_past (ts, price, size, cursor, symbol_id, ordinal, trade_id)
         select $1::timestamptz, 6, 3, 9, id, 0, 'legacy' from symbols where symbol = $2 returning ts, symbol_id)
       insert into stale_trades (hour, symbol_id) select date_trunc('hour', ts, 'UTC'), symbol_id from row`,
      [rfc3339Of(old + 1), symbol],
    );
    const expectCounted = async () =>
      expect((await days("1d"))[0]).toMatchObject({
        ...{ trades: (before?.trades ?? 0) + 1, volume: (before?.volume ?? 0) + 3 },
      });
    while ((await database.keep()) === "behind");
    await expectCounted();
    const { setAside } = await store(frame(10, trade(old + 1, 6, 3, { id: "legacy" })));
    expect(setAside).toBe(0);
    while ((await database.keep()) === "behind");
    await expectCounted();
  });

  it("INV-6 counts once what several send again while its raw data is being dropped", async () => {
    const busy = freshSymbol();
    const weekUs = 7 * DAY;
    const { rawFromUs } = await readTapeState(database.db);
    const trades = Array.from({ length: 40 }, (_, i) =>
      trade(rawFromUs + 3 * HOUR + i * MINUTE, 1 + i, 1, { id: String(i) }),
    );
    const frames = trades.map((one, i) => frame(100 + i, one));
    await storeFrames(database.db, [room(busy, ...frames)], ids);
    database.clock.nowUs = at(Math.max(database.clock.nowUs, rawFromUs + 3 * weekUs));
    while ((await database.keep()) === "behind");
    const again = frames.map((one) =>
      storeFrames(database.db, [room(busy, { ...one, cursor: cursorAt(one.cursor + 100) })], ids),
    );
    // What holds a lock for too long puts the drop off.
    const dropped = async (): Promise<boolean> => {
      for (;;) {
        try {
          const days = { rawDays: 7, minutesDays: 0 };
          if ((await retain(database.db, database.clock.nowUs, days)).rawDropped) return true;
          while ((await database.keep()) === "behind");
        } catch (error) {
          if ((error as { code?: string }).code !== "55P03") throw error;
        }
      }
    };
    const [isDropped] = await Promise.all([dropped(), ...again]);
    expect(isDropped).toBe(true);
    while ((await database.keep()) === "behind");
    const bars = await readBars(database.db, {
      ...{ symbol: busy, interval: "1d", fromUs: rawFromUs, toUs: at(rawFromUs + weekUs) },
      ...{ limit: 10, storedThrough: STORED, tail: [] },
    });
    expect(bars).toMatchObject([{ trades: 40, volume: 40, open: 1, close: 40 }]);
  });
});

describe.each(testDatabaseKinds())("retention of a database set up today on $name", (kind) => {
  it("drops raw data and minutes of the time before as is said, in steps, and bars and rollups stay right", async () => {
    const database = await keepDatabase(await kind.openMigrated());
    try {
      const { db, clock } = database;
      const symbol = freshSymbol();
      const today = Math.floor(clock.nowUs / DAY) * DAY;
      // 300 days ago is older than raw data of a new database can be, whatever is said.
      const ages = [300, 83, 50, 36, 20, 2];
      const events = ages.flatMap((age, i) => [
        trade(today - age * DAY, 10 + i, 1.5, { id: String(age) }),
        trade(today - age * DAY + 3 * HOUR, 20 + i, 1, { id: `${age} later` }),
        metric("m", today - age * DAY + MINUTE, age),
      ]);
      const frames = events.map((event, i) => frame(i + 1, event));
      await storeFrames(db, [room(symbol, ...frames)], new SeriesIdCache());
      while ((await database.keep()) === "behind");
      const bars = (interval: "1m" | "1h" | "1d") =>
        readBars(db, {
          ...{ symbol, interval, fromUs: at(today - 400 * DAY), toUs: at(today), limit: 10_000 },
          ...{ storedThrough: STORED, tail: [] },
        });
      const sums = () =>
        readSeries(db, {
          ...{ symbol, metric: "m", labels: {}, fromUs: at(today - 400 * DAY), toUs: at(today) },
          ...{ stepUs: DAY, aggregates: ["sum", "count", "last"], limit: 1_000 },
          ...{ storedThrough: STORED, tail: [] },
        });
      const kept = async () => [await bars("1h"), await bars("1d"), await sums()];
      const before = await kept();
      expect(before.map(({ length }) => length)).toEqual([12, 6, 1]);
      const agesOf = (moments: readonly number[]) => [
        ...new Set(moments.map((us) => Math.round((today - us) / DAY))),
      ];
      const inTable = async (table: string, column = "ts") => {
        const moment = `(extract(epoch from ${column}) * 1e6)::float8`;
        const rows = await db.query(`select ${moment} as us from ${table} order by 1`, []);
        return agesOf(rows.map(({ us }) => Number(us)));
      };
      const left = [];
      for (const [rawDays, minutesDays] of [
        [75, 250],
        [40, 40],
        [7, 28],
      ] as const) {
        const days = { rawDays, minutesDays };
        const report = await retain(db, clock.nowUs, days);
        expect(report).toMatchObject({ rawDropped: true, minutesDropped: true });
        left.push({
          trades: await inTable("trades_live"),
          points: await inTable("all_points"),
          minutes: agesOf((await bars("1m")).map(({ ts }) => ts)),
          minutesOfOld: await inTable("bars_1m_past", "bucket"),
        });
        expect(await kept()).toEqual(before);
        // What comes again counts once, whether its raw data is there or not.
        const again = frames.map((one) => ({ ...one, cursor: cursorAt(one.cursor + 50) }));
        await storeFrames(db, [room(symbol, ...again)], new SeriesIdCache());
        expect(await kept()).toEqual(before);
        while ((await database.keep()) === "behind");
        expect(await kept()).toEqual(before);
      }
      // What was older than raw data when it came is kept raw without end, and tells its minutes.
      const old = { minutesOfOld: [] };
      expect(left).toEqual([
        {
          trades: [50, 36, 20, 2],
          points: [300, 50, 36, 20, 2],
          minutes: [300, 83, 50, 36, 20, 2],
          ...old,
        },
        { trades: [36, 20, 2], points: [300, 36, 20, 2], minutes: [300, 36, 20, 2], ...old },
        { trades: [2], points: [300, 2], minutes: [300, 20, 2], ...old },
      ]);
    } finally {
      await database.close();
    }
  });
});
