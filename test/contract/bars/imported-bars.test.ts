import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImportedBar } from "../../../src/core/bars/imported-bar.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { readImportedPrices } from "../../../src/db/bars/read-imported-prices.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { storeImportedBars } from "../../../src/db/store/store-imported-bars.ts";
import { ping } from "../../../src/db/upkeep/ping.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import type { Rollups } from "../../../src/db/upkeep/rollups/rollups.ts";
import { rollupsOf } from "../../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark, readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { PostedInterval } from "../../../src/protocol/events/bar-push.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, trade } from "../events.ts";
import { rollForward } from "../kept-database.ts";

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
  ): ImportedBar => {
    const prices = { open: price, high: price, low: price, close: price };
    return { symbol, interval, bar: { ts: at(ts), ...prices, volume: 1 } };
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

  it("B-8 has no trades where nobody said how many, nor where that is so of a part", async () => {
    const symbol = freshSymbol();
    const said = (ts: number, trades: number): ImportedBar => {
      const one = bar(symbol, "1m", ts, 1);
      return { ...one, bar: { ...one.bar, trades } };
    };
    await storeImportedBars(database.db, [
      ...[said(0, 3), said(MINUTE, 0), bar(symbol, "1h", HOUR, 1), said(2 * HOUR, 4)],
      ...[said(DAY, 5), said(DAY + HOUR, 6)],
    ]);
    const counts = async (interval: PostedInterval | "5m") =>
      (
        await readBars(database.db, {
          ...{ symbol, interval, fromUs: at(0), toUs: at(2 * DAY), limit: 10, tail: [] },
          storedThrough: cursorAt(1_000),
        })
      ).map(({ trades }) => trades);
    const views = async (interval: PostedInterval) =>
      (
        await database.db.query(
          `select trades::int4 from bars_${interval} where symbol = $1 order by timestamp`,
          [symbol],
        )
      ).map(({ trades }) => trades);
    for (const look of ["at once", "kept"]) {
      expect({ look, minutes: await counts("1m") }).toEqual({ look, minutes: [3, 0, 4, 5, 6] });
      expect(await counts("5m")).toEqual([3, 4, 5, 6]);
      expect(await counts("1h")).toEqual([3, undefined, 4, 5, 6]);
      expect(await counts("1d")).toEqual([undefined, 11]);
      await keep();
    }
    expect(await views("1m")).toEqual([3, 0, 4, 5, 6]);
    expect(await views("1h")).toEqual([3, null, 4, 5, 6]);
    expect(await views("1d")).toEqual([null, 11]);
    // A number that is said later is there.
    const hour = bar(symbol, "1h", HOUR, 1);
    await storeImportedBars(database.db, [{ ...hour, bar: { ...hour.bar, trades: 2 } }]);
    expect(await counts("1d")).toEqual([9, 11]);
  });

  it("the last price of imported bars is the close of history's newest day, and the change goes from the day before", async () => {
    const post = async (...bars: [PostedInterval, number, number][]) => {
      const symbol = freshSymbol();
      await storeImportedBars(
        database.db,
        bars.map(([interval, ts, price]) => bar(symbol, interval, ts, price)),
      );
      return symbol;
    };
    const days = await post(["1d", 0, 1], ["1d", 3 * DAY, 4], ["1d", DAY, 2]);
    const one = await post(["1d", DAY, 7]);
    const minutes = await post(
      ["1m", DAY - MINUTE, 1],
      ["1m", DAY + HOUR, 2],
      ["1m", DAY + 3 * HOUR, 3],
    );
    // The finest that is known: the last hour of the day, of which there are minutes.
    const mixed = await post(
      ...([
        ["1d", DAY, 9],
        ["1h", DAY + HOUR, 8],
        ["1h", DAY + 5 * HOUR, 6],
      ] as [PostedInterval, number, number][]),
      ...([
        ["1m", DAY + 5 * HOUR + MINUTE, 5],
        ["1d", 0, 3],
        ["1h", 2 * HOUR, 2],
      ] as [PostedInterval, number, number][]),
    );
    const offset = await post(["1h", DAY + 30 * MINUTE, 1], ["1h", DAY + 90 * MINUTE, 2]);
    const none = freshSymbol();
    const prices = await readImportedPrices(database.db, [days, one, minutes, mixed, offset, none]);
    const said = (
      close: number,
      barUs: number,
      interval: PostedInterval,
      before: number | null,
    ) => ({
      ...{ close, barUs, interval, before },
    });
    expect(prices).toEqual(
      new Map([
        [days, said(4, 3 * DAY, "1d", 2)],
        [one, said(7, DAY, "1d", null)],
        [minutes, said(3, DAY + 3 * HOUR, "1m", 1)],
        [mixed, said(5, DAY + 5 * HOUR + MINUTE, "1m", 2)],
        [offset, said(2, DAY + 90 * MINUTE, "1h", null)],
      ]),
    );
    for (const symbol of [days, one, minutes, mixed]) {
      const price = prices.get(symbol);
      const newest = (await closes(symbol, "1d")).slice(-2).map(([close]) => close);
      expect(newest).toEqual([price?.before, price?.close].filter((close) => close !== null));
    }
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
    await rollForward(rollups, rolledThroughUs, watermarkUs);
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
