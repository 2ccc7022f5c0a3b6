import { describe, expect, it } from "vitest";
import { KeyLedger } from "../../../durable/keys/key-ledger.ts";
import { RoomLog } from "../../../durable/room/log/log.ts";
import { MAX_ROW_CHARS } from "../../../durable/room/log/log-row.ts";
import { type EncodedFrame, FRAME_CHARS } from "../../../src/core/encode-events.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { memorySql } from "./sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const ALL = Number.MAX_SAFE_INTEGER as Cursor;
const LIMIT = { events: 10, bytes: 1_000 };

function frame(text: string, count = 1): EncodedFrame {
  return { text, count };
}

function textsOf(log: RoomLog, after: number, upTo: number = ALL): string[] {
  return [...log.framesAfter(after as Cursor, upTo as Cursor)].map(({ text }) => text);
}

describe("the room's log", () => {
  it("C-1 gives each frame a cursor of its own and none twice, with a clock that goes back", () => {
    const log = new RoomLog(memorySql(), NOW_US);
    const big = (text: string) => frame(text, 50);
    log.append([big("a"), big("b")], NOW_US);
    log.append([big("c")], (NOW_US - 5_000_000) as EpochUs);
    log.append([big("d")], (NOW_US + 7) as EpochUs);
    const cursors = [...log.framesAfter(0 as Cursor, ALL)].map(({ cursor }) => cursor - NOW_US);
    expect(cursors).toEqual([0, 1, 2, 7]);
    expect(log.head).toBe(NOW_US + 7);
  });

  it("C-1 S-7 begins behind the log of before, and what it has by then moves behind it", () => {
    const newest = (NOW_US + 1_000) as Cursor;
    const empty = new RoomLog(memorySql(), NOW_US);
    expect([empty.isPending, empty.isPlaced]).toEqual([true, false]);
    expect(empty.beginAfter(newest)).toBe(false);
    expect([empty.isPending, empty.isPlaced]).toEqual([true, true]);
    empty.settle();
    expect(empty.append([frame("a")], NOW_US).first).toBe(newest + 1);

    const sql = memorySql();
    new KeyLedger(sql);
    const behind = new RoomLog(sql, NOW_US);
    for (let row = 0; row < 3; row += 1) {
      behind.append([frame(`${row}a`, 50), frame(`${row}b`, 50)], (NOW_US + row * 10) as EpochUs);
    }
    expect(behind.beginAfter(newest)).toBe(true);
    const woken = new RoomLog(sql, NOW_US);
    expect([woken.isPending, woken.isPlaced]).toEqual([true, true]);
    expect([...woken.framesAfter(0 as Cursor, ALL)].map(({ cursor }) => cursor - newest)).toEqual([
      ...[1, 2, 11, 12, 21, 22],
    ]);
    expect([woken.prunedThrough, woken.storedThrough]).toEqual([newest, newest]);
    expect(textsOf(woken, 0)).toEqual(["0a", "0b", "1a", "1b", "2a", "2b"]);
    // One whose clock is right stays as it is.
    const ahead = new RoomLog(memorySql(), NOW_US);
    ahead.append([frame("a")], NOW_US);
    expect(ahead.beginAfter((NOW_US - 5) as Cursor)).toBe(false);
    expect(ahead.head).toBe(NOW_US);
  });

  it("S-7 reaches back to the beginning of everything where there was nothing before", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    log.append([frame("a")], NOW_US);
    log.beginFromNothing();
    expect([log.prunedThrough, log.isPending]).toEqual([0, false]);
    const woken = new RoomLog(sql, (NOW_US + 99) as EpochUs);
    expect([woken.prunedThrough, woken.isPending, woken.head]).toEqual([0, false, NOW_US]);
    expect(woken.storedThrough).toBeLessThan(NOW_US);
  });

  it("C-1 that has nothing before it and no row yet is opened again where its viewers were told that it was", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    log.beginFromNothing();
    const woken = new RoomLog(sql, NOW_US);
    expect(woken.head).toBe(log.head);
    const earlierUs = (NOW_US - 3_000_000) as EpochUs;
    expect(woken.append([frame("a")], earlierUs).first).toBeGreaterThan(log.head);
  });

  it("INV-3 reads the same from memory, from disk and after a wake, from any cursor to any other", () => {
    const sql = memorySql();
    const keeping = { events: 1_000, slackEvents: 0, bytes: 1e9, recentBytes: 40 };
    const log = new RoomLog(sql, NOW_US, keeping);
    for (let row = 0; row < 150; row += 1) {
      log.append([frame(`${row}a`, 50), frame(`${row}b`, 50)], (NOW_US + row * 10) as EpochUs);
    }
    const all = textsOf(log, 0);
    expect(all).toHaveLength(300);
    const woken = new RoomLog(sql, NOW_US, keeping);
    const cursors = [...log.framesAfter(0 as Cursor, ALL)].map(({ cursor }) => cursor);
    for (const from of [0, 1, 2, 127, 128, 290, 297, 298, 299]) {
      const after = cursors[from] ?? 0;
      expect(textsOf(log, after)).toEqual(all.slice(from + 1));
      expect(textsOf(log, after + 4)).toEqual(textsOf(woken, after + 4));
      expect(textsOf(woken, after)).toEqual(all.slice(from + 1));
      expect(textsOf(log, after, cursors[from + 2])).toEqual(all.slice(from + 1, from + 3));
    }
  });

  it("E-3 joins small frames of one call, never beyond 50 events or the measure of a frame", () => {
    const log = new RoomLog(memorySql(), NOW_US);
    log.append([frame("a", 20), frame("b", 30), frame("c", 1)], NOW_US);
    expect(textsOf(log, 0)).toEqual(["a,b", "c"]);
    const wide = "x".repeat(FRAME_CHARS - 10);
    log.append([frame(wide), frame(wide)], NOW_US);
    expect(textsOf(log, NOW_US + 1)).toEqual([wide, wide]);
  });

  it("cuts a batch that outgrows a row into rows, and loses nothing", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    const frames = Array.from({ length: 25 }, (_, at) =>
      frame(`${at}`.padEnd(FRAME_CHARS, "."), 2),
    );
    log.append(frames, NOW_US);
    const rows = [...log.rowsAfter(0 as Cursor)];
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) expect(row.bytes).toBeLessThanOrEqual(MAX_ROW_CHARS + row.texts.length);
    expect(textsOf(new RoomLog(sql, NOW_US), 0)).toEqual(frames.map(({ text }) => text));
    expect(log.events).toBe(50);
  });

  it("INV-1 hands out its outbox in order, whole rows at a time, until all is stored", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    for (let row = 0; row < 5; row += 1) log.append([frame(`${row}`, 4)], NOW_US);
    const seen: string[] = [];
    for (let part = log.outbox(LIMIT); part !== null; part = log.outbox(LIMIT)) {
      // Asked again it gives the same, until it is told that the part is stored.
      expect(log.outbox(LIMIT)).toEqual(part);
      expect(part.events).toBeLessThanOrEqual(LIMIT.events);
      seen.push(...part.frames.map(({ text }) => text));
      log.markStored(part);
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4"]);
    expect(log.outboxBytes).toBe(0);
    expect(log.storedThrough).toBe(log.head);
  });

  it("INV-1 sends again what a crash forgot was stored, and never less", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    log.append([frame("a", 50)], NOW_US);
    log.append([frame("b", 50)], NOW_US);
    const part = log.outbox({ events: 1, bytes: 1 }) ?? expect.fail("no part");
    log.markStored(part);
    const crashed = new RoomLog(sql, NOW_US);
    expect(crashed.outbox(LIMIT)?.frames[0]?.text).toBe("a");
    // The next row writes the position down, and so does saveStored.
    log.append([frame("c", 50)], NOW_US);
    expect(new RoomLog(sql, NOW_US).storedThrough).toBe(part.through);
    const rest = log.outbox({ events: 1_000, bytes: 1_000 }) ?? expect.fail("no part");
    log.markStored(rest);
    log.saveStored();
    const woken = new RoomLog(sql, NOW_US);
    expect(woken.outbox(LIMIT)).toBeNull();
    expect(woken.outboxBytes).toBe(0);
  });

  it("INV-1 prunes what it need not keep, and nothing that is not stored", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US, {
      events: 100,
      slackEvents: 0,
      bytes: 1e9,
      recentBytes: 1,
    });
    for (let row = 0; row < 6; row += 1) log.append([frame(`${row}`, 50)], NOW_US);
    expect(log.prunable).toBe(false);
    const part = log.outbox({ events: 50, bytes: 1_000 }) ?? expect.fail("no part");
    log.markStored(part);
    expect(log.prunable).toBe(true);
    log.prune();
    expect(log.prunedThrough).toBe(part.through);
    expect(textsOf(log, 0)).toEqual(["1", "2", "3", "4", "5"]);
    const rest = log.outbox({ events: 1_000, bytes: 1_000 }) ?? expect.fail("no part");
    log.markStored(rest);
    log.prune();
    expect(textsOf(log, 0)).toEqual(["4", "5"]);
    const woken = new RoomLog(sql, NOW_US);
    expect([woken.prunedThrough, woken.events]).toEqual([log.prunedThrough, 100]);
  });

  it("INV-5 keeps about so many bytes, of whatever few events they are", () => {
    const sql = memorySql();
    const keeping = { events: 100, slackEvents: 0, bytes: 4_000, recentBytes: 1 };
    const log = new RoomLog(sql, NOW_US, keeping);
    const wide = "x".repeat(990);
    for (let row = 0; row < 6; row += 1) log.append([frame(`${wide}${row}`, 1)], NOW_US);
    expect(log.prunable).toBe(false);
    log.markStored(log.outbox({ events: 1_000, bytes: 1e6 }) ?? expect.fail("no part"));
    expect(log.prunable).toBe(true);
    log.prune();
    expect(textsOf(log, 0).map((text) => text.at(-1))).toEqual(["1", "2", "3", "4", "5"]);
    expect(log.prunable).toBe(false);
    expect(new RoomLog(sql, NOW_US, keeping).prunable).toBe(false);
  });

  it("INV-3 takes everything before its birth to be in Postgres, once and for all", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    expect([log.prunedThrough, log.head]).toEqual([NOW_US - 1, NOW_US - 1]);
    expect(new RoomLog(sql, (NOW_US + 5) as EpochUs).prunedThrough).toBe(NOW_US - 1);
  });
});

describe("S-8 a log whose database is another one", () => {
  it("is its outbox from the oldest row on, also after a crash, and what was under way says nothing", () => {
    const sql = memorySql();
    const log = new RoomLog(sql, NOW_US);
    for (let row = 0; row < 4; row += 1) log.append([frame(`${row}`, 4)], NOW_US);
    log.markStored(log.outbox({ events: 8, bytes: 1e6 }) ?? expect.fail("no part"));
    const underWay = log.outbox({ events: 8, bytes: 1e6 }) ?? expect.fail("no part");
    log.append([frame("4", 4)], NOW_US);
    log.storeAgain();
    log.markStored(underWay);
    for (const each of [log, new RoomLog(sql, NOW_US)]) {
      expect(each.outbox({ events: 1_000, bytes: 1e6 })?.frames.map(({ text }) => text)).toEqual([
        "0",
        "1",
        "2",
        "3",
        "4",
      ]);
      expect(each.outboxBytes).toBe(5);
    }
    // From here on positions are written down with rows as always.
    const resumed = new RoomLog(sql, NOW_US);
    const first = resumed.outbox({ events: 8, bytes: 1e6 }) ?? expect.fail("no part");
    resumed.markStored(first);
    resumed.append([frame("5", 4)], NOW_US);
    expect(new RoomLog(sql, NOW_US).storedThrough).toBe(first.through);
  });
});
