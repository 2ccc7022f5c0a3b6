import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/db/driver/database.ts";
import { readBookAt } from "../../../src/db/events/read-book.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import { ping } from "../../../src/db/upkeep/ping.ts";
import { readSizes } from "../../../src/db/upkeep/read-sizes.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import type { Level } from "../../../src/protocol/events/book.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import {
  at,
  bookDiff,
  bookSample,
  cursorAt,
  frame,
  freshSymbol,
  metric,
  NOON_US,
  room,
} from "../events.ts";

const DAY_US = 86_400_000_000;
/** Levels from `best` on, a step apart. */
const side = (best: number, step: number, count: number): Level[] =>
  Array.from({ length: count }, (_, i): Level => [best + i * step, i + 1]);

describe.each(testDatabaseKinds())("order books on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const store = (symbol: SymbolName, ...frames: StoredFrame[]) =>
    storeFrames(database.db, [room(symbol, ...frames)], ids);
  const replay = (symbol: SymbolName) =>
    readFrames(database.db, {
      ...{ symbol, after: cursorAt(0), upTo: cursorAt(NOON_US * 2), maxEvents: 1_000 },
    });

  it("D-6 INV-6 keep their samples alone, in place, and once however often they are stored", async () => {
    const symbol = freshSymbol();
    const sample = bookSample(NOON_US, side(99, -1, 3), side(100, 1, 2), 41);
    const frames = [
      frame(10, bookDiff(NOON_US, [[1, 1]], []), metric("m", NOON_US, 1), sample),
      frame(20, { ...sample, ts: at(NOON_US + 1) }, bookDiff(NOON_US + 1, [], [[100, 0]])),
    ];
    expect(await store(symbol, ...frames)).toMatchObject({ books: 2, points: 1 });
    await store(symbol, ...frames);
    await store(symbol, ...frames.slice(1));
    expect(await replay(symbol)).toMatchObject({
      complete: true,
      frames: [
        frame(10, metric("m", NOON_US, 1), sample),
        frame(20, { ...sample, ts: at(NOON_US + 1) }),
      ],
    });
  });

  it("D-6 keep the best 50 levels of a side, whatever order they were posted in", async () => {
    const symbol = freshSymbol();
    const [bids, asks] = [side(-5, -0.1, 60), side(0, 1e-9, 1_000)];
    await store(symbol, frame(1, bookSample(NOON_US, bids.toReversed(), asks.toReversed())));
    const { frames } = await replay(symbol);
    expect(frames).toEqual([frame(1, bookSample(NOON_US, bids.slice(0, 50), asks.slice(0, 50)))]);
  });

  it("D-6 ask the database nothing where a part of an outbox is diffs alone", async () => {
    const none: Database = {
      query: () => expect.fail("it was asked"),
      transaction: () => expect.fail("it was asked"),
    };
    const frames = [frame(1, bookDiff(NOON_US, [[1, 2]], []))];
    const stored = await storeFrames(none, [room(freshSymbol(), ...frames)], new SeriesIdCache());
    expect(stored.books).toBe(0);
  });

  it("are a view for people, one side empty or none", async () => {
    const symbol = freshSymbol();
    const sample = bookSample(
      NOON_US,
      [
        [99, 2],
        [98, 3],
      ],
      [[101, 4]],
      7,
    );
    await store(symbol, frame(1, sample, bookSample(NOON_US + 1, [], [[101, 4]])));
    const rows = await database.db.query(
      `select best_bid, best_bid_size, best_ask, best_ask_size, mid, spread, bid_size, ask_size, seq::float8 as seq
       from order_books where symbol = $1 order by timestamp`,
      [symbol],
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      [99, 2, 101, 4, 100, 2, 5, 4, 7],
      [null, null, 101, 4, null, null, 0, 4, null],
    ]);
  });

  it("go when they are older than raw data is kept, in steps, and never before", async () => {
    const symbol = freshSymbol();
    const nowUs = NOON_US;
    const samples = Array.from({ length: 1_200 }, (_, i) =>
      bookSample(nowUs - 7 * DAY_US - 1 - i, [[1, 1]], [[2, 1]]),
    );
    const kept = bookSample(nowUs - 7 * DAY_US, [[1, 1]], [[2, 1]]);
    await store(symbol, ...samples.map((one, i) => frame(i + 1, one)), frame(5_000, kept));
    const days = { rawDays: 0, minutesDays: 0 };
    expect((await retain(database.db, at(nowUs), days)).booksDropped).toBe(0);
    const report = await retain(database.db, at(nowUs), { ...days, rawDays: 7 });
    expect(report.booksDropped).toBe(1_200);
    expect((await replay(symbol)).frames).toEqual([frame(5_000, kept)]);
  });

  it("are found by time: the last one at a moment or before, as far as is asked", async () => {
    const symbol = freshSymbol();
    const [first, second] = [1, 2].map((size) => bookSample(NOON_US + size, [[1, size]], []));
    const later = bookSample(NOON_US + 2, [[1, 3]], []);
    if (first === undefined || second === undefined) expect.fail("no samples");
    await store(symbol, frame(1, second), frame(2, first), frame(3, later));
    const bookAt = (us: number, through = 9) =>
      readBookAt(database.db, { symbol, atUs: at(us), storedThrough: cursorAt(through) });
    expect(await bookAt(NOON_US)).toBeNull();
    expect(await bookAt(NOON_US + 1)).toEqual(first);
    expect(await bookAt(NOON_US + 5)).toEqual(later);
    expect(await bookAt(NOON_US + 5, 2)).toEqual(second);
  });

  it("count among the sizes", async () => {
    const sizes = await readSizes(database.db, (await ping(database.db)).mode);
    expect(sizes.find(({ table }) => table === "books")?.bytes).toBeGreaterThan(0);
  });
});
