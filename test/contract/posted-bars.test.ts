import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PostedBar } from "../../src/core/posted-bar.ts";
import { readBars } from "../../src/db/bars/read-bars.ts";
import { SeriesIdCache } from "../../src/db/store/series-ids.ts";
import { storeFrames } from "../../src/db/store/store-frames.ts";
import { storeImportedBars } from "../../src/db/store/store-imported-bars.ts";
import { ping } from "../../src/db/upkeep/ping.ts";
import { retain } from "../../src/db/upkeep/retention.ts";
import type { Rollups } from "../../src/db/upkeep/rollups/rollups.ts";
import { rollupsOf } from "../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark, readTapeState } from "../../src/db/upkeep/tape-state.ts";
import type { PostedInterval } from "../../src/protocol/bar-push.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "./databases.ts";
import { at, cursorAt, frame, freshSymbol, trade } from "./events.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe.each(testDatabaseKinds())("posted bars on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  let rollups: Rollups;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
    rollups = rollupsOf((await ping(database.db)).mode, database.db);
  });
  afterAll(() => database.close());

  const bar = (
    symbol: SymbolName,
    interval: PostedInterval,
    ts: number,
    price: number,
  ): PostedBar => {
    const prices = { open: price, high: price, low: price, close: price };
    return { symbol, interval, bar: { ts: at(ts), ...prices, volume: 1, trades: 0 } };
  };

  const storeTrades = (symbol: SymbolName, cursor: number, ...times: number[]) =>
    storeFrames(
      database.db,
      [{ symbol, frames: [frame(cursor, ...times.map((ts) => trade(ts, 5, 10)))] }],
      ids,
    );

  async function closes(symbol: SymbolName, interval: PostedInterval, storedThrough = 1_000) {
    const bars = await readBars(database.db, {
      ...{ symbol, interval, limit: 10_000, tail: [] },
      ...{
        fromUs: at(-20_000 * DAY),
        toUs: at(60_000 * DAY),
        storedThrough: cursorAt(storedThrough),
      },
    });
    return bars.map(({ close, volume }) => [close, volume]);
  }

  async function keep(): Promise<void> {
    while ((await rollups.refreshTrades(100)) > 0);
    while ((await rollups.refreshImported(100)) > 0);
  }

  async function notes(): Promise<unknown> {
    const [row] = await database.db.query(`select count(*)::int4 as n from stale_posted`, []);
    return row?.["n"];
  }

  it("INV-6 the last one posted stays, within a batch and after it, and the same again leaves nothing to do", async () => {
    const symbol = freshSymbol();
    await storeImportedBars(database.db, [bar(symbol, "1d", 0, 1), bar(symbol, "1d", 0, 2)]);
    expect(await closes(symbol, "1d")).toEqual([[2, 1]]);
    await storeImportedBars(database.db, [bar(symbol, "1d", 0, 3)]);
    await keep();
    expect(await closes(symbol, "1d")).toEqual([[3, 1]]);
    await storeImportedBars(database.db, [bar(symbol, "1d", 0, 3)]);
    expect(await notes()).toBe(0);
  });

  it("stores batches of many statements whole, each symbol's own", async () => {
    const symbols = [freshSymbol(), freshSymbol()];
    const bars = Array.from({ length: 12_001 }, (_, i) =>
      bar(symbols[i % 2] as SymbolName, "1m", i * MINUTE, i),
    );
    await storeImportedBars(database.db, bars.reverse());
    const [even, odd] = await Promise.all(symbols.map((symbol) => closes(symbol, "1m")));
    expect([even?.length, odd?.length]).toEqual([6_001, 6_000]);
    expect([even?.at(-1), odd?.at(-1)]).toEqual([
      [12_000, 1],
      [11_999, 1],
    ]);
    await keep();
    expect(await closes(symbols[0] as SymbolName, "1d")).toHaveLength(Math.ceil(12_001 / 1_440));
  });

  it("two batches that post the same in other orders wait for each other and both are taken", async () => {
    const symbol = freshSymbol();
    const bars = Array.from({ length: 500 }, (_, i) => bar(symbol, "1h", i * HOUR, 1));
    const again = bars.toReversed().map((one) => ({ ...one, bar: { ...one.bar, volume: 2 } }));
    await Promise.all([
      storeImportedBars(database.db, bars),
      storeImportedBars(database.db, again),
    ]);
    const volumes = new Set((await closes(symbol, "1h")).map(([, volume]) => volume));
    expect(volumes.size).toBe(1);
  });

  it("INV-7 where minutes are kept no more, posted ones count as long as their hour stays as it is, and nothing counts twice", async () => {
    const symbol = freshSymbol();
    const { rolledThroughUs } = await readTapeState(database.db);
    const hourUs = Math.floor(rolledThroughUs / HOUR) * HOUR - HOUR;
    const minuteAt = (place: number) => bar(symbol, "1m", hourUs + place * MINUTE, place);
    await storeTrades(symbol, 10, hourUs + 10 * MINUTE, hourUs + 20 * MINUTE);
    await storeImportedBars(database.db, [minuteAt(10), minuteAt(15), minuteAt(30)]);
    await keep();
    expect(await closes(symbol, "1h")).toEqual([[30, 22]]);

    await advanceWatermark(database.db, at(rolledThroughUs + 500 * DAY), 500 * DAY);
    const { watermarkUs } = await readTapeState(database.db);
    await rollups.rollForward(rolledThroughUs, watermarkUs);
    const nowUs = at(watermarkUs + MINUTE);
    await retain(database.db, nowUs, { rawDays: 90, minutesDays: 365 });
    const { rawFromUs, minutesFromUs } = await readTapeState(database.db);
    expect([rawFromUs > hourUs + HOUR, minutesFromUs > hourUs + HOUR]).toEqual([true, true]);
    expect(await closes(symbol, "1h")).toEqual([[30, 22]]);

    // Whether somebody traded in the 11th minute nobody knows now; in the 40th nobody did.
    await storeImportedBars(database.db, [minuteAt(11), minuteAt(40)]);
    await storeTrades(symbol, 20, hourUs + 50 * MINUTE);
    await storeImportedBars(database.db, [minuteAt(50), minuteAt(51)]);
    for (const look of ["before", "after"]) {
      expect([look, await closes(symbol, "1h")]).toEqual([look, [[51, 20 + 10 + 3]]]);
      expect([look, await closes(symbol, "1d")]).toEqual([look, [[51, 20 + 10 + 3]]]);
      await keep();
    }
  });
});
