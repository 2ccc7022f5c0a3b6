import { describe, expect, it } from "vitest";
import { Generation } from "../../../../durable/host/log/generation.ts";
import {
  HostLog,
  KEEPING,
  type RoomId,
  type RoomPart,
} from "../../../../durable/host/log/host-log.ts";
import { MAX_KEYS_CHARS } from "../../../../durable/host/log/keys/key-text.ts";
import { MAX_ROW_CHARS } from "../../../../durable/host/log/rows/log-row.ts";
import { numberOf, type SqlCell, type SqlPort } from "../../../../durable/room/sql-port.ts";
import { FRAME_CHARS } from "../../../../src/core/events/encode-events.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { memorySql } from "../../room/sqlite-port.ts";
import { cursorOf } from "../known-cursor.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const HOUR_US = 3_600_000_000;
const ORIGIN = 0 as Cursor;
const [A, B, C] = [1, 2, 3] as RoomId[] as [RoomId, RoomId, RoomId];
const ANY = { events: 1_000_000, bytes: 1e9 };

function open(sql: SqlPort, nowUs: number = NOW_US, keeping = KEEPING): HostLog {
  return new HostLog(sql, nowUs as EpochUs, () => `log of ${nowUs}`, keeping);
}

function push(room: RoomId, text: string, count = 1): RoomPart {
  return { room, frames: [{ text, count }] };
}

function keyed(key: string) {
  return { key, fingerprint: `digest of ${key}` };
}

function textsOf(log: HostLog, room: RoomId): string[] {
  return Array.from(log.framesOf(room, ORIGIN, log.head), ({ text }) => text);
}

function storeAll(log: HostLog): void {
  const part = log.outbox(ANY, log.storedThrough, () => true);
  if (part !== null) log.markStored(part);
}

function rowsIn(sql: SqlPort, table: string): number {
  const [row] = sql.exec(`SELECT count(*) AS rows FROM ${table}`);
  return numberOf(row?.["rows"]);
}

/** Watches what is read of the log. */
function watched(sql: SqlPort) {
  const seen = { texts: 0, rows: 0, chars: 0 };
  const port: SqlPort = {
    exec(query, ...bindings) {
      const rows = [...sql.exec(query, ...bindings)] as Record<string, SqlCell>[];
      seen.rows += rows.length;
      for (const { frames = null, texts = null } of rows) {
        if (frames !== null) seen.texts += 1;
        seen.chars += String(frames ?? texts ?? "").length;
      }
      return rows;
    },
  };
  return { port, seen };
}

/** A log in which the version before began the generation at hand. */
function ofVersionBefore(sql: SqlPort): HostLog {
  open(sql);
  sql.exec("DROP TABLE log_1");
  sql.exec(`CREATE TABLE log_1 (
    cursor INTEGER PRIMARY KEY, first INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
    stored INTEGER NOT NULL, head TEXT NOT NULL, keys TEXT, frames TEXT NOT NULL)`);
  return open(sql);
}

describe("a wide row", () => {
  const SYMBOLS = 30;
  const ROWS = 5;
  const keeping = { ...KEEPING, recentBytes: 0 };
  const textOf = (row: number, room: number, sign = "x") => `${row} ${room} ${sign.repeat(500)}`;

  /** Rows of all rooms, where every third room has two frames that are too long to be joined. */
  function fill(log: HostLog, sign?: string): void {
    for (let row = 0; row < ROWS; row += 1) {
      const parts = Array.from({ length: SYMBOLS }, (_, at): RoomPart => {
        const text = textOf(row, at + 1, sign);
        const frame = { text, count: 1 };
        return {
          room: (at + 1) as RoomId,
          frames:
            at % 3 === 0
              ? [frame, { text: `${text}${"y".repeat(FRAME_CHARS)}`, count: 2 }]
              : [frame],
        };
      });
      log.append(parts, [], (NOW_US + row) as EpochUs);
    }
  }

  it.each([
    ["of ASCII", "x", open],
    ["of other text, which has more bytes than characters", "é\u{1f600}", open],
    ["of a log that the version before began", "x", ofVersionBefore],
  ])("is read a room at a time: %s", (_, sign, begin) => {
    const sql = memorySql();
    fill(begin(sql), sign);
    const { port, seen } = watched(sql);
    const log = open(port, NOW_US, keeping);
    seen.chars = 0;
    for (const room of [1, 2, 3, 17, SYMBOLS]) {
      const short = Array.from({ length: ROWS }, (_, row) => textOf(row, room, sign));
      const texts = textsOf(log, room as RoomId);
      if (room % 3 !== 1) expect(texts).toEqual(short);
      else expect(texts.filter((__, at) => at % 2 === 0)).toEqual(short);
    }
    const rowChars = SYMBOLS * 500 + (SYMBOLS / 3) * FRAME_CHARS;
    if (sign === "x" && begin === open) expect(seen.chars).toBeLessThan(rowChars * ROWS);
    else expect(seen.chars).toBeGreaterThan(rowChars * ROWS * 4);
    // A room that leaves takes its part of each row along.
    log.moveBehind(2 as RoomId, (NOW_US + 50) as Cursor, (NOW_US + 60) as EpochUs);
    const again = open(port, NOW_US, keeping);
    for (const room of [2, 3, 5]) {
      const texts = Array.from({ length: ROWS }, (__, row) => textOf(row, room, sign));
      expect(textsOf(again, room as RoomId).join()).toBe(texts.join());
    }
  });
});

describe("the log of a host", () => {
  it("C-1 begins now, and is opened again where it was, whatever the clock says", () => {
    const sql = memorySql();
    const log = open(sql);
    const born = NOW_US - 1;
    expect([log.head, log.prunedThrough, log.storedThrough]).toEqual([born, born, born]);
    expect([log.id, log.events, log.outboxBytes]).toEqual([`log of ${NOW_US}`, 0, 0]);
    const again = open(sql, NOW_US - 5_000_000);
    expect([again.id, again.head]).toEqual([log.id, born]);
    expect([again.prunedThrough, again.storedThrough]).toEqual([born, born]);
    expect(again.append([push(A, "a")], [], (NOW_US - 5_000_000) as EpochUs)).toEqual([NOW_US]);
  });

  it("C-1 keeps its head where the newest generation has no row and the others are gone", () => {
    const sql = memorySql();
    const log = open(sql);
    const [last = expect.fail()] = log.append([push(A, "a")], [], (NOW_US + 50) as EpochUs);
    log.saveStored();
    Generation.begin(sql, 2);
    sql.exec("UPDATE meta SET value = 2 WHERE key = 'newest_generation'");
    const withEmpty = open(sql, NOW_US, { ...KEEPING, events: 0 });
    expect([withEmpty.head, withEmpty.lastOf(A), withEmpty.outboxBytes]).toEqual([last, last, 1]);
    storeAll(withEmpty);
    withEmpty.saveStored();
    expect(open(sql).storedThrough).toBe(last);
    withEmpty.prune(last);
    const alone = open(sql, NOW_US - 9);
    expect([alone.head, alone.prunedThrough, alone.storedThrough]).toEqual([last, last, last]);
    expect([alone.lastOf(A), alone.events, textsOf(alone, A)]).toEqual([null, 0, []]);
    expect(alone.append([push(A, "b")], [], NOW_US)).toEqual([last + 1]);
  });

  it("gives each part the newest cursor of its room, and one without frames that of the commit", () => {
    const log = open(memorySql());
    const cursors = log.append(
      [push(A, "a", 50), push(B, "b"), push(A, "c", 50), { room: C, frames: [] }],
      [],
      NOW_US,
    );
    expect(cursors.map((cursor) => cursor - NOW_US)).toEqual([1, 2, 1, 2]);
    expect(textsOf(log, A)).toEqual(["a", "c"]);
    const { head } = log;
    expect(log.append([{ room: C, frames: [] }], [], (NOW_US + 99) as EpochUs)).toEqual([head]);
    expect(log.head).toBe(head);
  });

  it("INV-6 makes keys durable where every trade was a repeat, and has nothing to store of that", () => {
    const sql = memorySql();
    const log = open(sql);
    const cursors = log.append([{ room: A, frames: [] }], [keyed("k")], NOW_US);
    expect(cursors).toEqual([NOW_US]);
    expect([log.storedThrough, log.outboxBytes, log.lastOf(A)]).toEqual([NOW_US, 0, null]);
    expect(log.outbox(ANY, log.storedThrough, () => true)).toBeNull();
    const woken = open(sql);
    expect([woken.head, woken.storedThrough]).toEqual([NOW_US, NOW_US]);
    const found = woken.findKey("k", NOW_US) ?? expect.fail("the key is not known");
    expect([found.fingerprint, cursorOf(found, A)]).toEqual(["digest of k", NOW_US]);
    expect(woken.findKey("K", NOW_US)).toBeNull();
    // A row that nobody stores does not hold up the position behind it.
    log.append([push(A, "a")], [], NOW_US);
    const part = log.outbox(ANY, log.storedThrough, () => true) ?? expect.fail();
    log.append([], [keyed("l")], NOW_US);
    log.markStored(part);
    expect(log.storedThrough).toBe(log.head);
  });

  it("INV-6 writes one row a commit, and a commit that outgrows it has its keys behind all of it", () => {
    const sql = memorySql();
    const log = open(sql);
    log.append([push(A, "a"), push(B, "b")], [keyed("k"), keyed("l")], NOW_US);
    expect(rowsIn(sql, "log_1")).toBe(1);
    const wide = "x".repeat(FRAME_CHARS);
    const frames = Array.from({ length: 15 }, () => ({ text: wide, count: 1 }));
    const parts = [{ room: A, frames }, push(B, "c")];
    const cursors = log.append(parts, [keyed("m")], NOW_US);
    const rows = [
      ...sql.exec("SELECT bytes, keys IS NOT NULL AS keyed FROM log_1 ORDER BY cursor"),
    ];
    expect(rows.map((row) => row["keyed"])).toEqual([1, 0, 1]);
    for (const row of rows) expect(numberOf(row["bytes"])).toBeLessThan(MAX_ROW_CHARS);
    const keys = Array.from({ length: 1_000 }, (_, at) => keyed(`${at}`.padStart(255, ".")));
    const many = log.append([push(A, "d")], keys, NOW_US);
    for (const each of [log, open(sql)]) {
      const found = each.findKey("m", NOW_US) ?? expect.fail();
      expect([A, B, C].map((room) => found.partOf([room]).kind)).toEqual(["had", "had", "nothing"]);
      expect([A, B, C].map((room) => cursorOf(found, room))).toEqual([...cursors, cursors[1]]);
      for (const request of keys.filter((_, at) => at % 100 === 7)) {
        const one = each.findKey(request.key, NOW_US) ?? expect.fail();
        expect([one.fingerprint, cursorOf(one, A)]).toEqual([request.fingerprint, many[0]]);
      }
    }
    const longest = [...sql.exec("SELECT max(length(keys)) AS longest FROM log_1")][0];
    expect(numberOf(longest?.["longest"])).toBeLessThan(MAX_KEYS_CHARS * 1.1);
  });

  it("INV-6 remembers a key for 24 h, also when its row is gone and the log was opened again", () => {
    const sql = memorySql();
    const keeping = { events: 8, bytes: 1e9, recentBytes: 1 };
    const log = open(sql, NOW_US, keeping);
    // From now on memory learns each key as it comes, and the one that is opened later reads them from disk.
    expect(log.findKey("k0", NOW_US)).toBeNull();
    const ends: Cursor[] = [];
    for (let row = 0; row < 40; row += 1) {
      const nowUs = (NOW_US + row * HOUR_US) as EpochUs;
      const keys = [keyed(`k${row}`), keyed('"quoted\n')];
      ends.push(...log.append([push(A, `${row}`)], keys, nowUs));
      storeAll(log);
      for (let due = log.prunable; due !== null; due = log.prunable) log.prune(due.through);
    }
    const nowUs = (NOW_US + 40 * HOUR_US) as EpochUs;
    expect(log.events).toBeLessThan(12);
    for (const each of [log, open(sql, nowUs, keeping)]) {
      for (const [row, end] of ends.entries()) {
        const found = each.findKey(`k${row}`, nowUs);
        expect(cursorOf(found, A)).toBe(row < 16 ? null : end);
      }
      // Of one that was used again, as it can be after a day, the newest counts.
      expect(cursorOf(each.findKey('"quoted\n', nowUs), A)).toBe(ends.at(-1));
    }
    // 16 hours of keys are in the log no more; what is too old went with the last pruning.
    const kept = sql.exec("SELECT block_last FROM kept_keys ORDER BY through");
    for (const row of kept) expect(numberOf(row["block_last"])).toBeGreaterThan(ends[14] ?? 0);
    expect(rowsIn(sql, "kept_keys")).toBeLessThan(15);
  });

  it("INV-1 sends again what a crash forgot was stored, and never less", () => {
    const sql = memorySql();
    const log = open(sql);
    log.append([push(A, "a")], [], NOW_US);
    log.append([push(B, "bb")], [], NOW_US);
    const part = log.outbox({ events: 1, bytes: 1 }, log.storedThrough, () => true);
    log.markStored(part ?? expect.fail());
    expect(open(sql).storedThrough).toBe(log.prunedThrough);
    log.append([push(A, "c")], [], NOW_US);
    expect(open(sql).storedThrough).toBe(part?.through);
    storeAll(log);
    log.saveStored();
    expect([open(sql).storedThrough, open(sql).outboxBytes]).toEqual([log.head, 0]);
    log.storeAgain();
    expect([log.storedThrough, log.outboxBytes]).toEqual([log.prunedThrough, 4]);
    const woken = open(sql);
    expect([woken.storedThrough, woken.outboxBytes]).toEqual([log.prunedThrough, 4]);
    // A part of before says nothing any more.
    woken.markStored({ after: log.head, through: log.head, bytes: 4 });
    expect(woken.outboxBytes).toBe(4);
  });

  it("S-7 keeps the outbox before the first row of a room that has no place yet", () => {
    const log = open(memorySql());
    log.append([push(A, "a")], [], NOW_US);
    log.append([push(A, "b"), push(B, "c")], [], NOW_US);
    log.append([push(A, "d")], [], NOW_US);
    const mayStore = (room: RoomId) => room !== B;
    const part = log.outbox(ANY, log.storedThrough, mayStore) ?? expect.fail();
    expect(part).toMatchObject({ through: NOW_US, events: 1, bytes: 1 });
    expect(log.outbox(ANY, part.through, mayStore)).toBeNull();
    expect(log.outbox(ANY, part.through, () => true)?.rooms).toEqual([
      {
        room: A,
        frames: [
          { cursor: NOW_US + 1, text: "b", count: 1 },
          { cursor: NOW_US + 3, text: "d", count: 1 },
        ],
      },
      { room: B, frames: [{ cursor: NOW_US + 2, text: "c", count: 1 }] },
    ]);
  });

  it("S-7 C-1 moves a room behind its earlier life, and leaves the others where they are", () => {
    const sql = memorySql();
    const log = open(sql);
    for (let row = 0; row < 100; row += 1) {
      const keys = row === 30 ? [keyed("k")] : [];
      log.append([push(A, `a${row}`, 50), push(B, `b${row}`, 50)], keys, NOW_US);
    }
    const { events, outboxBytes, head } = log;
    const before = [...log.framesOf(A, ORIGIN, head)];
    const newest = (NOW_US + 60) as Cursor;
    log.moveBehind(B, newest, NOW_US);
    const moved = [...log.framesOf(B, ORIGIN, log.head)];
    expect(moved.map(({ text }) => text)).toEqual(
      Array.from({ length: 100 }, (_, row) => `b${row}`),
    );
    expect(moved[0]?.cursor).toBe(head + 1);
    for (const each of [log, open(sql)]) {
      expect([...each.framesOf(A, ORIGIN, each.head)]).toEqual(before);
      expect([...each.framesOf(B, ORIGIN, each.head)]).toEqual(moved);
      expect([each.events, each.head, each.lastOf(B)]).toEqual([events, log.head, log.head]);
      // Without the line breaks between its frames and those of the other room, and with those of its own row.
      expect(each.outboxBytes).toBe(outboxBytes - 100 + 99);
      // What was acknowledged with a key is told where it is now.
      const found = each.findKey("k", NOW_US);
      expect(cursorOf(found, A)).toBe(before[30]?.cursor);
      expect(cursorOf(found, B)).toBeGreaterThanOrEqual(moved[30]?.cursor ?? expect.fail());
      // And so is who waits until it is stored.
      expect(each.endOf(before[30]?.cursor ?? expect.fail())).toBe(moved.at(-1)?.cursor);
      expect(each.endOf((head + 1) as Cursor)).toBe(head + 1);
    }
    // All of it is behind already, or there is nothing of it: only the head moves.
    const { head: now } = log;
    log.moveBehind(B, newest, NOW_US);
    expect(log.head).toBe(now);
    log.moveBehind(C, (now + 1_000) as Cursor, NOW_US);
    expect([log.head, open(sql).head]).toEqual([now + 1_000, now + 1_000]);
    expect(open(sql).append([push(C, "c")], [], NOW_US)).toEqual([now + 1_001]);
  });

  it("INV-5 keeps about so many bytes of whatever few events they are, and nothing is dropped that is not stored", () => {
    const sql = memorySql();
    const log = open(sql, NOW_US, { events: 1e9, bytes: 10_000, recentBytes: 100_000 });
    for (let row = 0; row < 30; row += 1) {
      log.append([push(row < 2 ? A : B, `${row}`.padEnd(1_000, "."))], [], NOW_US);
    }
    expect(log.prunable).toBeNull();
    storeAll(log);
    expect(log.prunable).toMatchObject({ through: NOW_US + 2, rooms: [A, B] });
    for (let due = log.prunable; due !== null; due = log.prunable) log.prune(due.through);
    expect([log.events, log.lastOf(A), textsOf(log, A)]).toEqual([12, null, []]);
    expect(textsOf(log, B)).toHaveLength(12);
    const tables = [...sql.exec("SELECT name FROM sqlite_master WHERE name LIKE 'log_%'")];
    expect(tables).toHaveLength(4);
    // What is not due is not dropped.
    const { prunedThrough } = log;
    log.prune(log.head);
    expect(log.prunedThrough).toBe(prunedThrough);
  });

  it("opens without reading a text, and finds a quiet room by blocks and heads", () => {
    const sql = memorySql();
    const log = open(sql);
    for (let row = 0; row < 1_000; row += 1) {
      const room = (10 + (row % 90)) as RoomId;
      log.append([push(room, `${row}`), ...(row === 500 ? [push(A, "quiet")] : [])], [], NOW_US);
    }
    const { port, seen } = watched(sql);
    const woken = open(port);
    expect([woken.events, woken.head, woken.outboxBytes]).toEqual([
      1_001,
      log.head,
      log.outboxBytes,
    ]);
    expect(seen.texts).toBe(0);
    // Its blocks, and the heads of the rows that are in none.
    expect(seen.rows).toBeLessThan(120);
    seen.rows = 0;
    expect(textsOf(woken, A)).toEqual(["quiet"]);
    expect([seen.texts, seen.rows]).toEqual([1, 1]);
    expect(woken.newestOf(A, 20).map(({ text }) => text)).toEqual(["quiet"]);
    expect([seen.texts, seen.rows]).toEqual([2, 3]);
    seen.rows = 0;
    for (let room = 10; room < 100; room += 1) {
      expect(woken.lastOf(room as RoomId)).toBe(log.lastOf(room as RoomId));
    }
    // Two blocks have the newest of ninety rooms that take turns.
    expect(seen.rows).toBeLessThanOrEqual(3 * 64);
    expect([woken.lastOf(A), woken.lastOf(B), seen.texts]).toEqual([log.lastOf(A), null, 2]);
  });
});
