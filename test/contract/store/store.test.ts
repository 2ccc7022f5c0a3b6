import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { readMetricNames } from "../../../src/db/series/read-metric-names.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type RoomFrames, storeFrames } from "../../../src/db/store/store-frames.ts";
import { ping } from "../../../src/db/upkeep/ping.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { cursorAt, frame, freshSymbol, metric, NOON_US, room, trade } from "../events.ts";

describe.each(testDatabaseKinds())("storing and replay on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  const namesOf = async (symbol: SymbolName) =>
    (await readMetricNames(database.db, { symbol, tail: [], after: null, limit: 100 })).names;
  afterAll(() => database.close());

  const store = (...rooms: RoomFrames[]) => storeFrames(database.db, rooms, ids);

  async function replay(symbol: SymbolName, after = 0, upTo = NOON_US * 2, maxEvents = 10_000) {
    const query = { symbol, after: cursorAt(after), upTo: cursorAt(upTo), maxEvents };
    return readFrames(database.db, query);
  }

  it("INV-3 replays what was stored, in the order of the log, grouped as it was", async () => {
    const symbol = freshSymbol();
    const frames = [
      frame(
        1000,
        metric("m", NOON_US, 1),
        trade(NOON_US, 10, 1),
        metric("n", NOON_US, 2, { a: "b" }),
      ),
      frame(1001, trade(NOON_US - 5, 11, 2, { side: "sell", id: "x", venue: "v" })),
      frame(2_000_000_000, metric("m", NOON_US + 1, 3)),
    ];
    await store(room(symbol, ...frames));
    expect(await replay(symbol)).toMatchObject({ frames, complete: true });
  });

  it("INV-3 replays a range: after is exclusive, upTo inclusive, another symbol never in it", async () => {
    const [symbol, other] = [freshSymbol(), freshSymbol()];
    const frames = [1, 2, 3, 4].map((cursor) => frame(cursor, trade(NOON_US, cursor, 1)));
    await store(room(symbol, ...frames), room(other, ...frames));
    expect(await replay(symbol, 1, 3)).toMatchObject({
      frames: frames.slice(1, 3),
      complete: true,
    });
  });

  it("INV-3 never cuts a frame, and says when more remains", async () => {
    const symbol = freshSymbol();
    const frames = [1, 2, 3].map((cursor) =>
      frame(
        cursor,
        ...Array.from({ length: 30 }, (_, i) =>
          i % 2 === 0 ? metric("m", NOON_US + cursor * 100 + i, i) : trade(NOON_US + i, i, 1),
        ),
      ),
    );
    await store(room(symbol, ...frames));
    const first = await replay(symbol, 0, 10, 70);
    expect(first).toMatchObject({ frames: frames.slice(0, 2), complete: false });
    const second = await replay(symbol, 2, 10, 70);
    expect(second).toMatchObject({ frames: frames.slice(2), complete: true });
    // A limit below one frame still moves on.
    expect(await replay(symbol, 0, 10, 1)).toMatchObject({
      frames: frames.slice(0, 1),
      complete: false,
    });
  });

  it("INV-3 finds what lies days apart", async () => {
    const symbol = freshSymbol();
    const day = 86_400_000_000;
    const frames = [0, 3, 400].map((days) => frame(NOON_US + days * day, trade(NOON_US, 1, 1)));
    await store(room(symbol, ...frames));
    expect(await replay(symbol, 0, NOON_US + 500 * day)).toMatchObject({ frames, complete: true });
  });

  it("INV-6 a repeated insert changes nothing, whole, in parts or backwards", async () => {
    const symbol = freshSymbol();
    const frames = Array.from({ length: 20 }, (_, i) =>
      frame(
        i + 1,
        metric("m", NOON_US + i, i),
        trade(NOON_US, i, 1),
        trade(NOON_US, i, 1, { id: `${i}` }),
      ),
    );
    await store(room(symbol, ...frames));
    const once = await replay(symbol);
    await store(room(symbol, ...frames), room(symbol, ...frames));
    for (const one of frames.toReversed()) await store(room(symbol, one));
    expect(once.frames).toEqual(frames);
    expect(await replay(symbol)).toEqual(once);
  });

  it("INV-6 two writers that meet new series at once agree on their ids", async () => {
    const symbol = freshSymbol();
    const batches = [0, 1, 2, 3].map((writer) =>
      room(
        symbol,
        frame(writer + 1, ...[0, 1, 2].map((i) => metric(`m${i}`, NOON_US + writer, i))),
      ),
    );
    await Promise.all(
      batches.map((batch) => storeFrames(database.db, [batch], new SeriesIdCache())),
    );
    const names = await namesOf(symbol);
    expect(names.map(({ metric: name }) => name)).toEqual(["m0", "m1", "m2"]);
    expect((await replay(symbol)).frames).toHaveLength(4);
  });

  it("INV-6 a cache too small for a batch still stores the batch", async () => {
    const symbol = freshSymbol();
    const events = [1, 2, 3, 4, 5].map((i) => metric(`m${i}`, NOON_US, i));
    const cache = new SeriesIdCache(5);
    await storeFrames(database.db, [room(symbol, frame(1, metric("old", NOON_US, 0)))], cache);
    await storeFrames(database.db, [room(symbol, frame(2, ...events))], cache);
    expect((await replay(symbol, 1)).frames).toEqual([frame(2, ...events)]);
  });

  it("INV-9 of two points at one microsecond the later cursor wins, whichever is stored first", async () => {
    const symbol = freshSymbol();
    const early = room(symbol, frame(5, metric("m", NOON_US, 1), metric("m", NOON_US, 2)));
    const late = room(symbol, frame(6, metric("m", NOON_US, 3)));
    await store(early);
    expect((await replay(symbol)).frames[0]?.events).toEqual([metric("m", NOON_US, 2)]);
    await store(late);
    await store(early);
    expect((await replay(symbol)).frames).toEqual(late.frames);
  });

  it("INV-9 labels spelled in another order are the same series, other labels another", async () => {
    const symbol = freshSymbol();
    await store(
      room(
        symbol,
        frame(1, metric("m", NOON_US, 1, { a: "1", b: "2" })),
        frame(2, metric("m", NOON_US, 2, { b: "2", a: "1" })),
        frame(3, metric("m", NOON_US, 3, { a: "1" })),
        frame(4, metric("m", NOON_US, 4, {}), metric("m", NOON_US, 5)),
      ),
    );
    const { frames } = await replay(symbol);
    expect(frames.map(({ cursor }) => cursor)).toEqual([2, 3, 4]);
    expect(await namesOf(symbol)).toHaveLength(3);
  });

  it("a trade with the same venue, id and ts is kept once, the first of them, in any order of storing", async () => {
    const symbol = freshSymbol();
    const same = { id: "7", venue: "X" };
    await store(room(symbol, frame(9, trade(NOON_US, 2, 2, same))));
    await store(
      room(
        symbol,
        frame(3, trade(NOON_US, 1, 1, same), trade(NOON_US, 5, 5, same)),
        frame(
          4,
          trade(NOON_US, 1, 1, { id: "7" }),
          trade(NOON_US + 1, 1, 1, same),
          trade(NOON_US, 1, 1),
        ),
      ),
    );
    const { frames } = await replay(symbol);
    expect(frames.map(({ cursor, events }) => [cursor, events.length])).toEqual([
      [3, 1],
      [4, 3],
    ]);
    expect(frames[0]?.events).toEqual([trade(NOON_US, 1, 1, same)]);
  });

  it("keeps every text as it came", async () => {
    const symbol = freshSymbol();
    const texts = [
      ...[
        "'",
        '"',
        "\\",
        "\\\\",
        '\\"',
        "{",
        "}",
        "{}",
        ",",
        ";",
        "NULL",
        "null",
        "$1",
        "$$",
        "--",
        "/* */",
      ],
      ...[
        "'; drop table points; --",
        " lead and trail ",
        "a\nb\tc\rd",
        "\u0001\u001f\u007f",
        "ü",
        "日本",
        "😀",
      ],
      ...["\u2028", "\ufeff", "e\u0301", "é", "__proto__", "constructor", "%s", "\\x41", "E'\\n'"],
      ...["x".repeat(200), "😀".repeat(100)],
    ];
    const frames = texts.map((text, i) =>
      frame(
        i + 1,
        metric(text, NOON_US + i, i),
        metric("labelled", NOON_US + i, i, Object.fromEntries([[text, text]])),
        trade(NOON_US, i, 1, { id: text, venue: text }),
      ),
    );
    await store(room(symbol, ...frames));
    expect((await replay(symbol)).frames).toEqual(frames);
    const rows = await database.db.query(
      "select labels ->> $1 as value from trading_metrics where symbol = $2 and labels ? $1",
      ["😀", symbol],
    );
    expect(rows).toEqual([{ value: "😀" }]);
  });

  it("a lone surrogate, which UTF-8 cannot hold, does not stop the batch", async () => {
    const symbol = freshSymbol();
    const [bad, good] = ["a\ud800b", "a\ufffdb"];
    const events = (text: string) => [
      metric(text, NOON_US, 1, { [text]: text }),
      trade(NOON_US, 1, 1, { id: text, venue: text }),
    ];
    await store(room(symbol, frame(1, ...events(bad))));
    await store(room(symbol, frame(1, ...events(bad))));
    expect((await replay(symbol)).frames[0]?.events).toEqual(events(good));
  });

  it("keeps every finite double bit by bit", async () => {
    const symbol = freshSymbol();
    const numbers = [
      ...[
        0,
        -0,
        1,
        -1,
        0.1,
        1 / 3,
        1e21,
        -1e21,
        1e-7,
        123456789.12345679,
        Math.PI,
        2 ** 53,
        2 ** 53 + 2,
      ],
      ...[
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
        Number.MIN_VALUE,
        -Number.MIN_VALUE,
        2.2250738585072014e-308,
      ],
      ...[Number.EPSILON, 5e-324, 4.35, 0.1 + 0.2, 1e300, 1.7976931348623157e308],
    ];
    const events = numbers.map((value, i) => metric("m", NOON_US + i, value));
    await store(room(symbol, frame(1, ...events)));
    const stored = (await replay(symbol)).frames[0]?.events ?? [];
    for (const [i, value] of numbers.entries()) {
      const event = stored[i];
      expect(event?.kind === "metric" && Object.is(event.value, value), `${value}`).toBe(true);
    }
  });

  it("keeps every microsecond from 1880 to now", async () => {
    const symbol = freshSymbol();
    const times: number[] = [-1, 0, 1, 946_684_799_999_999, 946_684_800_000_001, NOON_US + 1];
    const [first, last] = [Date.UTC(1880, 0, 1) * 1000, Date.now() * 1000];
    const steps = 3_000;
    for (let i = 0; i <= steps; i += 1) {
      // An odd stride, so that every last digit occurs.
      times.push(first + Math.floor(((last - first) / steps) * i) + (i % 1_000_003));
    }
    const frames = times.map((ts, i) => frame(i + 1, metric("m", ts, i), trade(ts, i, 1)));
    await store(room(symbol, ...frames));
    const { frames: stored } = await replay(symbol);
    expect(stored.map(({ events }) => events.map(({ ts }) => ts))).toEqual(
      times.map((ts) => [ts, ts]),
    );
  });

  it("stores a batch over the size of one request", async () => {
    const symbol = freshSymbol();
    const events = Array.from({ length: 6_000 }, (_, i) =>
      trade(NOON_US + i, i, 1, { id: `${i}`.padEnd(200, "ü"), venue: "v".repeat(200) }),
    );
    const frames = Array.from({ length: 120 }, (_, i) =>
      frame(i + 1, ...events.slice(i * 50, i * 50 + 50)),
    );
    expect(await store(room(symbol, ...frames))).toEqual({
      points: 0,
      trades: 6_000,
      positions: 0,
      books: 0,
      orders: 0,
      notes: 0,
      logLines: 0,
      alerts: 0,
      earliestUs: NOON_US,
      setAside: 0,
      identity: expect.any(String),
    });
    const { frames: stored } = await replay(symbol);
    expect(stored.flatMap((one) => one.events)).toEqual(events);
  });

  it("answers an empty batch without a word to the database", async () => {
    expect(await store(room(freshSymbol()))).toEqual({
      points: 0,
      trades: 0,
      positions: 0,
      books: 0,
      orders: 0,
      notes: 0,
      logLines: 0,
      alerts: 0,
      earliestUs: Number.POSITIVE_INFINITY,
      setAside: 0,
      identity: null,
    });
  });

  it("lists the series of a symbol with their newest moment", async () => {
    const symbol = freshSymbol();
    await store(
      room(
        symbol,
        frame(
          1,
          metric("b", NOON_US + 7, 1),
          metric("b", NOON_US, 1),
          metric("a", NOON_US, 1, { x: "y" }),
        ),
      ),
    );
    expect(await namesOf(symbol)).toEqual([
      { metric: "a", labelsKey: '{"x":"y"}', lastTs: NOON_US },
      { metric: "b", labelsKey: "{}", lastTs: NOON_US + 7 },
    ]);
    expect(await namesOf("NOBODY" as SymbolName)).toEqual([]);
  });

  it("tells its mode, version and migrations", async () => {
    const state = await ping(database.db);
    expect(state.version).toMatch(/^\d+\.\d+/);
    expect(state.mode).toMatch(/^(plain|apache|timescale)$/);
    expect(state.migrations[0]).toBe("0001_tape.sql");
  });
});
