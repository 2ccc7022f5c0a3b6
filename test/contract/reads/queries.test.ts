import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BarsQuery, readBars } from "../../../src/db/bars/read-bars.ts";
import { readSeries, type SeriesQuery } from "../../../src/db/series/read-series.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type RoomFrames, storeFrames } from "../../../src/db/store/store-frames.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, NOON_US, room, trade } from "../events.ts";

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const ALL_STORED = cursorAt(1_000_000);

describe.each(testDatabaseKinds())("queries on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const store = (...rooms: RoomFrames[]) => storeFrames(database.db, rooms, ids);

  const bars = (query: Pick<BarsQuery, "symbol"> & Partial<BarsQuery>) =>
    readBars(database.db, {
      interval: "1m",
      fromUs: at(NOON_US),
      toUs: at(NOON_US + 60 * MINUTE),
      limit: 1000,
      storedThrough: ALL_STORED,
      tail: [],
      ...query,
    });

  const series = (query: Pick<SeriesQuery, "symbol"> & Partial<SeriesQuery>) =>
    readSeries(database.db, {
      metric: "m",
      labels: {},
      fromUs: at(NOON_US),
      toUs: at(NOON_US + 60 * MINUTE),
      stepUs: MINUTE,
      aggregates: ["avg", "min", "max", "sum", "count", "first", "last"],
      limit: 1000,
      storedThrough: ALL_STORED,
      tail: [],
      ...query,
    });

  describe("bars", () => {
    it("B-2 open and close by trade time, ties by cursor and ordinal; buckets without a trade have no bar", async () => {
      const symbol = freshSymbol();
      await store(
        room(
          symbol,
          frame(1, trade(NOON_US + 30, 5, 1), trade(NOON_US + 30, 6, 1)),
          frame(2, trade(NOON_US + 10, 7, 1), trade(NOON_US + 10, 9, 2)),
          frame(3, trade(NOON_US + 30, 3, 4), trade(NOON_US + 2 * MINUTE, 8, 1)),
        ),
      );
      expect(await bars({ symbol })).toEqual([
        { ts: NOON_US, open: 7, high: 9, low: 3, close: 3, volume: 9, trades: 5 },
        { ts: NOON_US + 2 * MINUTE, open: 8, high: 8, low: 8, close: 8, volume: 1, trades: 1 },
      ]);
    });

    it("gives the bars that begin in [from, to), whole", async () => {
      const symbol = freshSymbol();
      const times = [-1, 0, MINUTE - 1, MINUTE, 2 * MINUTE - 1, 2 * MINUTE];
      await store(room(symbol, frame(1, ...times.map((us, i) => trade(NOON_US + us, i + 1, 1)))));
      const starts = async (fromUs: number, toUs: number) =>
        (await bars({ symbol, fromUs: at(NOON_US + fromUs), toUs: at(NOON_US + toUs) })).map(
          ({ ts, trades }) => [ts - NOON_US, trades],
        );
      expect(await starts(0, MINUTE)).toEqual([[0, 2]]);
      expect(await starts(1, MINUTE + 1)).toEqual([[MINUTE, 2]]);
      expect(await starts(-1, 0)).toEqual([]);
      expect(await starts(MINUTE, MINUTE)).toEqual([]);
    });

    it("gives the newest bars up to the limit, over long pauses, oldest first", async () => {
      const symbol = freshSymbol();
      const hours = [0, 1, 5, 200, 201, 5000];
      const day = 24 * 60 * MINUTE;
      await store(
        room(symbol, frame(1, ...hours.map((h) => trade(NOON_US + h * 60 * MINUTE, h, 1)))),
      );
      const read = (limit: number) =>
        bars({ symbol, interval: "1h", toUs: at(NOON_US + 400 * day), limit });
      expect((await read(3)).map(({ open }) => open)).toEqual([200, 201, 5000]);
      expect((await read(100)).map(({ open }) => open)).toEqual(hours);
    });

    it("finds bars over pauses in the tail too", async () => {
      const symbol = freshSymbol();
      const hour = 60 * MINUTE;
      await store(room(symbol, frame(1, trade(NOON_US + 50 * hour, 1, 1))));
      const tail = [2, 3].map((cursor) => ({
        cursor: cursorAt(cursor),
        trade: trade(NOON_US + (cursor === 2 ? 20 : 400) * hour, cursor, 1),
      }));
      const read = await bars({
        ...{ symbol, interval: "1h", toUs: at(NOON_US + 1000 * hour), limit: 3 },
        ...{ storedThrough: cursorAt(1), tail },
      });
      expect(read.map(({ open }) => open)).toEqual([2, 1, 3]);
    });

    it("puts moments before 1970 into the bucket below them", async () => {
      const symbol = freshSymbol();
      const day = 24 * 60 * MINUTE;
      await store(
        room(symbol, frame(1, trade(-1, 1, 1), trade(-day, 2, 1), trade(-day - 1, 3, 1))),
      );
      const read = await bars({ symbol, interval: "1d", fromUs: at(-3 * day), toUs: at(0) });
      expect(read.map(({ ts, trades }) => [ts, trades])).toEqual([
        [-2 * day, 1],
        [-day, 2],
      ]);
    });

    it("INV-3 rows beyond storedThrough and the tail make no seam: any cut gives the same bars", async () => {
      const symbol = freshSymbol();
      const frames = Array.from({ length: 24 }, (_, i) =>
        frame(
          i + 1,
          trade(NOON_US + ((i * 7) % 5) * 20 * SECOND, 100 + ((i * 13) % 11), i + 1),
          trade(NOON_US + ((i * 3) % 4) * 20 * SECOND, 100 - i, 1, { id: `${i % 9}`, venue: "v" }),
        ),
      );
      await store(room(symbol, ...frames));
      const whole = await bars({ symbol });
      expect(whole.length).toBeGreaterThan(1);
      const tail = frames.flatMap(({ cursor, events }) =>
        events.flatMap((event) => (event.kind === "trade" ? [{ cursor, trade: event }] : [])),
      );
      for (let cut = 0; cut <= frames.length; cut += 1) {
        const storedThrough = cursorAt(cut);
        const after = tail.filter(({ cursor }) => cursor > cut);
        expect(await bars({ symbol, storedThrough, tail: after }), `cut at ${cut}`).toEqual(whole);
      }
    });

    it("INV-3 a symbol that is only in the tail has bars", async () => {
      const tail = [{ cursor: cursorAt(5), trade: trade(NOON_US, 4, 2) }];
      expect(await bars({ symbol: freshSymbol(), storedThrough: cursorAt(0), tail })).toEqual([
        { ts: NOON_US, open: 4, high: 4, low: 4, close: 4, volume: 2, trades: 1 },
      ]);
      expect(await bars({ symbol: freshSymbol() })).toEqual([]);
    });
  });

  describe("series", () => {
    it("aggregates buckets; first and last are by time, not by arrival", async () => {
      const symbol = freshSymbol();
      await store(
        room(
          symbol,
          frame(1, metric("m", NOON_US + 20, 5), metric("m", NOON_US + 10, 1)),
          frame(2, metric("m", NOON_US + 15, 3), metric("m", NOON_US + 3 * MINUTE, -2)),
          frame(3, metric("other", NOON_US, 100)),
        ),
      );
      expect(await series({ symbol })).toEqual([
        {
          ...{ metric: "m", symbol, labels: {}, ts: [NOON_US, NOON_US + 3 * MINUTE] },
          ...{ avg: [3, -2], min: [1, -2], max: [5, -2], sum: [9, -2], count: [3, 1] },
          ...{ first: [1, -2], last: [5, -2] },
        },
      ]);
      const [only] = await series({ symbol, aggregates: ["max"] });
      expect(Object.keys(only ?? {})).toEqual(["metric", "symbol", "labels", "ts", "max"]);
    });

    it("gives the points themselves at step 0, the newest up to the limit, in [from, to)", async () => {
      const symbol = freshSymbol();
      const events = [-1, 0, 1, 2, 3, 4].map((us) => metric("m", NOON_US + us, us));
      await store(room(symbol, frame(1, ...events)));
      const read = (limit: number) => series({ symbol, stepUs: 0, limit, toUs: at(NOON_US + 4) });
      const points = (us: number[]) => ({
        ...{ metric: "m", symbol, labels: {} },
        ...{ ts: us.map((one) => NOON_US + one), last: us },
      });
      expect(await read(100)).toEqual([points([0, 1, 2, 3])]);
      expect(await read(2)).toEqual([points([2, 3])]);
    });

    it("bounds buckets by the limit from the newest end", async () => {
      const symbol = freshSymbol();
      await store(
        room(symbol, frame(1, ...[0, 1, 2, 3].map((i) => metric("m", NOON_US + i * MINUTE, i)))),
      );
      const [read] = await series({ symbol, limit: 2, toUs: at(NOON_US + 4 * MINUTE) });
      expect(read?.last).toEqual([2, 3]);
    });

    it("filters by labels, and keeps every label set apart", async () => {
      const symbol = freshSymbol();
      const sets: Record<string, string>[] = [{}, { a: "1" }, { a: "1", b: "2" }, { a: "2" }];
      await store(
        room(symbol, frame(1, ...sets.map((labels, i) => metric("m", NOON_US, i, labels)))),
      );
      const read = async (labels: Record<string, string>) =>
        (await series({ symbol, labels })).map((one) => [one.labels, one.last]);
      expect(await read({ a: "1" })).toEqual([
        [{ a: "1", b: "2" }, [2]],
        [{ a: "1" }, [1]],
      ]);
      expect(await read({})).toHaveLength(4);
      expect(await read({ a: "'; drop table points; --" })).toEqual([]);
      expect(await series({ symbol, metric: "' or 1=1 --" })).toEqual([]);
    });

    it("INV-9 INV-3 a tail point replaces the stored one of its moment: any cut gives the same series", async () => {
      const symbol = freshSymbol();
      const frames = Array.from({ length: 16 }, (_, i) =>
        frame(
          i + 1,
          metric("m", NOON_US + ((i * 5) % 7) * 20 * SECOND, i, { v: `${i % 2}` }),
          metric("m", NOON_US + ((i * 3) % 4) * 20 * SECOND, 100 + i),
        ),
      );
      const points = frames.flatMap(({ cursor, events }) =>
        events.flatMap((event) => (event.kind === "metric" ? [{ cursor, point: event }] : [])),
      );
      // What is stored grows with the cut: a later point at the same moment must not have replaced an earlier one yet.
      let previous: unknown[] | undefined;
      for (let cut = 0; cut <= frames.length; cut += 1) {
        if (cut > 0) await store(room(symbol, ...frames.slice(cut - 1, cut)));
        const storedThrough = cursorAt(cut);
        const tail = points.filter(({ cursor }) => cursor > cut);
        const both = [
          await series({ symbol, storedThrough, tail }),
          await series({ symbol, storedThrough, tail, stepUs: 0 }),
        ];
        if (previous !== undefined) expect(both, `cut at ${cut}`).toEqual(previous);
        previous = both;
      }
      expect(previous?.[0]).toHaveLength(3);
    });

    it("takes from the tail what the query asks for and nothing else", async () => {
      const symbol = freshSymbol();
      const points = [
        metric("m", NOON_US - 1, 1),
        metric("m", NOON_US, 2, { a: "1" }),
        metric("n", NOON_US, 3, { a: "1" }),
        metric("m", NOON_US + 60 * MINUTE, 4, { a: "1" }),
        metric("m", NOON_US, 5, { a: "2" }),
      ];
      const tail = points.map((point, i) => ({ cursor: cursorAt(i + 1), point }));
      const read = await series({ symbol, storedThrough: cursorAt(0), tail, labels: { a: "1" } });
      expect(read.map(({ labels, last }) => [labels, last])).toEqual([[{ a: "1" }, [2]]]);
    });
  });

  it("the view shows points by name", async () => {
    const symbol = freshSymbol();
    await store(room(symbol, frame(1, metric("m", NOON_US, 1.5, { a: "b" }))));
    const text =
      "select timestamp::text, metric_name, value, symbol, labels from trading_metrics where symbol = $1";
    expect(await database.db.query(text, [symbol])).toEqual([
      {
        timestamp: "2026-01-05 12:00:00+00",
        ...{ metric_name: "m", value: 1.5, symbol, labels: { a: "b" } },
      },
    ]);
  });
});
