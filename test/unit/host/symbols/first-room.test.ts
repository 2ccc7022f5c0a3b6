import { describe, expect, it } from "vitest";
import { FirstRoom, type FirstRoomDeps } from "../../../../durable/first-edition/first-room.ts";
import { namesAfter } from "../../../../durable/first-edition/names-after.ts";
import type { SqlPort } from "../../../../durable/room/sql-port.ts";
import type { StoreOutcome, StoreRequest } from "../../../../src/bindings/writer.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { memorySql } from "../../room/sqlite-port.ts";

const DAY_US = 86_400_000_000;
const NOW_US = 10 * DAY_US;

/** The tables of a room of the first edition, with `rows` of frames, of which so many were known to be stored. */
function madeRoom(rows: string[][], stored: number, meta: Record<string, string | number> = {}) {
  const sql = memorySql();
  sql.exec(`CREATE TABLE log (cursor INTEGER PRIMARY KEY, first INTEGER NOT NULL, events INTEGER NOT NULL,
    bytes INTEGER NOT NULL, stored INTEGER NOT NULL, counts TEXT NOT NULL, frames TEXT NOT NULL)`);
  sql.exec("CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID");
  sql.exec(`CREATE TABLE idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL,
    cursor INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID`);
  let cursor = 100;
  for (const [at, frames] of rows.entries()) {
    const first = cursor + 1;
    cursor += frames.length;
    const text = frames.join("\n");
    sql.exec(
      "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[cursor, first, frames.length, text.length, at <= stored ? 100 : 101],
      ...[frames.map(() => 1).join(","), text],
    );
  }
  const all = { symbol: "A", pruned_through: 100, stored_through: 100 + stored, database: "db" };
  for (const [key, value] of Object.entries({ ...all, ...meta })) {
    sql.exec("INSERT INTO meta VALUES (?, ?)", key, value);
  }
  return sql;
}

function roomOver(sql: SqlPort, answer: () => StoreOutcome, deps: Partial<FirstRoomDeps> = {}) {
  const sent: StoreRequest[] = [];
  const room = new FirstRoom({
    sql,
    writer: {
      store: async (request) => {
        sent.push(request);
        return answer();
      },
      identity: async () => "db",
    },
    readNewestCursor: async () => null,
    nowUs: () => NOW_US as EpochUs,
    failed: () => undefined,
    ...deps,
  });
  const frames = () =>
    sent.flatMap(({ rooms }) =>
      rooms.flatMap((each) => each.frames.map(({ cursor, text }) => [cursor, text])),
    );
  return { room, frames, sent };
}

const STORED = (): StoreOutcome => ({ kind: "stored", identity: "db" });

describe("a room of the first edition", () => {
  it("INV-1 hands over what is not in Postgres, once", async () => {
    const sql = madeRoom([["a"], ["b", "c"]], 1);
    const { room, frames } = roomOver(sql, STORED);
    expect(room.mustStay).toBe(true);
    expect(await room.handOver()).toEqual({ kind: "handed_over", log: null, through: 103 });
    expect(frames()).toEqual([
      [102, "b"],
      [103, "c"],
    ]);
    expect(room.mustStay).toBe(false);
    expect(await roomOver(sql, () => expect.fail()).room.handOver()).toMatchObject({
      through: 103,
    });
  });

  it("hands over nothing while Postgres is away, and stays", async () => {
    const sql = madeRoom([["a"]], 0);
    const away = roomOver(sql, () => ({ kind: "unavailable" }));
    expect(await away.room.handOver()).toEqual({ kind: "not_yet" });
    const unheard = roomOver(sql, STORED, {
      writer: { store: () => expect.fail(), identity: async () => null },
    });
    expect(await unheard.room.handOver()).toEqual({ kind: "not_yet" });
    expect(unheard.room.mustStay).toBe(true);
  });

  it("lets its symbol go on without what Postgres refuses, and keeps that", async () => {
    const { room } = roomOver(madeRoom([["a"]], 0), () => ({ kind: "refused" }));
    expect(await room.handOver()).toEqual({ kind: "handed_over", log: null, through: 101 });
    expect(room.mustStay).toBe(true);
  });

  it("S-8 stores all it has where another database has taken the place of that which had it", async () => {
    const { room, frames } = roomOver(madeRoom([["a"], ["b"]], 2, { database: "old" }), STORED);
    expect(await room.handOver()).toEqual({ kind: "handed_over", log: null, through: 102 });
    expect(frames()).toEqual([
      [101, "a"],
      [102, "b"],
    ]);
  });

  it("S-7 puts what has no place yet behind what Postgres has, once", async () => {
    const sql = madeRoom([["a"], ["b"]], 0, { pending: 1 });
    const deps = { readNewestCursor: async () => 500 as Cursor };
    const failing = roomOver(sql, () => ({ kind: "unavailable" }), deps);
    expect(await failing.room.handOver()).toEqual({ kind: "not_yet" });
    const { room, frames } = roomOver(sql, STORED, { readNewestCursor: () => expect.fail() });
    expect(await room.handOver()).toEqual({ kind: "handed_over", log: null, through: 502 });
    expect(frames()).toEqual([
      [501, "a"],
      [502, "b"],
    ]);
  });

  it("D-5 samples its book once, for Postgres has nothing else of it", async () => {
    const book = (type: string, bids: number[][], more = "") =>
      `{"kind":"book","ts":5,"type":"${type}","bids":${JSON.stringify(bids)},"asks":[]${more}}`;
    const rows = [[book("snapshot", [[9, 1]], ',"sampled":true')], [book("diff", [[8, 2]])]];
    const sql = madeRoom(rows, 2);
    const { room, frames } = roomOver(sql, STORED);
    expect(await room.handOver()).toEqual({ kind: "handed_over", log: null, through: NOW_US });
    const [[cursor, text] = []] = frames();
    expect([cursor, JSON.parse(String(text))]).toMatchObject([
      NOW_US,
      {
        type: "snapshot",
        bids: [
          [9, 1],
          [8, 2],
        ],
        sampled: true,
      },
    ]);
    await room.handOver();
    expect(frames().length).toBe(1);
  });

  it("I-6 tells the keys of the last day, a page at a time", () => {
    const sql = madeRoom([], 0);
    for (const [key, at] of [
      ["a", 0],
      ["b", NOW_US - 1],
      ["c", NOW_US],
      ["d", NOW_US],
    ] as const) {
      sql.exec("INSERT INTO idempotency VALUES (?, ?, ?, ?)", key, `f${key}`, 7, at);
    }
    const { room } = roomOver(sql, STORED);
    expect(room.keysAfter("", 2).map(({ key }) => key)).toEqual(["b", "c"]);
    expect(room.keysAfter("c", 2)).toEqual([
      { key: "d", fingerprint: "fd", cursor: 7, at: NOW_US },
    ]);
  });

  it("that never was says so, and writes nothing", async () => {
    const sql = memorySql();
    const { room } = roomOver(sql, STORED);
    expect(await room.handOver()).toEqual({ kind: "never_here" });
    expect([room.keysAfter("", 5), room.mustStay]).toEqual([[], false]);
    expect([...sql.exec("SELECT name FROM sqlite_master")]).toEqual([]);
    expect(namesAfter(sql, "", 5)).toEqual([]);
  });
});

it("the directory of the first edition lists its names as this language sorts them", () => {
  const sql = memorySql();
  sql.exec("CREATE TABLE symbols (name TEXT PRIMARY KEY) WITHOUT ROWID");
  for (const name of ["b", "𝒳", "ｚ", "A"]) sql.exec("INSERT INTO symbols VALUES (?)", name);
  expect(namesAfter(sql, "", 3)).toEqual(["A", "b", "𝒳"]);
  expect(namesAfter(sql, "𝒳" as SymbolName, 3)).toEqual(["ｚ"]);
});
