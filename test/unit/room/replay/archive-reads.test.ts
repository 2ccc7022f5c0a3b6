import { describe, expect, it } from "vitest";
import type { LogFrame, RoomId } from "../../../../durable/host/log/host-log.ts";
import { ArchiveReads } from "../../../../durable/room/past/archive-reads.ts";
import { JoinedReads } from "../../../../durable/room/past/joined-reads.ts";
import { roomArchive } from "../../../../durable/room/past/postgres-archive.ts";
import { PAGES_AT_ONCE, ReadTurns } from "../../../../durable/room/past/read-turns.ts";
import { DatabaseError } from "../../../../src/db/driver/database-error.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { Logger } from "../../../../src/telemetry/log.ts";
import { FakeTime, settle } from "../fake-time.ts";
import { createTables } from "../one-room.ts";
import { memorySql } from "../sqlite-port.ts";

const PAGE = 10;
const UP_TO = 1_000 as Cursor;

/** Postgres with a frame at each of these cursors; a read takes 5 ms. */
function archiveOf(cursors: readonly number[], sql = memorySql(), expiredThrough = 0) {
  createTables(sql);
  const time = new FakeTime();
  const asked: number[] = [];
  let [underWay, most] = [0, 0];
  const archive = new ArchiveReads({
    ...{ sql, room: () => 1 as RoomId, turns: new ReadTurns() },
    clock: time,
    read: async (after, upTo) => {
      asked.push(after);
      underWay += 1;
      most = Math.max(most, underWay);
      await time.wait(5);
      underWay -= 1;
      const found = cursors.filter((cursor) => cursor > after && cursor <= upTo);
      const frames = found
        .slice(0, PAGE)
        .map((cursor): LogFrame => ({ cursor: cursor as Cursor, count: 1, text: `${cursor}` }));
      const through = found.length > PAGE ? (frames.at(-1)?.cursor ?? upTo) : upTo;
      const expired = expiredThrough === 0 ? {} : { expiredThrough: expiredThrough as Cursor };
      return { kind: "frames", frames, through, ...expired };
    },
  });
  /** Reads all from a cursor on, page by page, as a viewer does. */
  const readAll = async (since: number) => {
    const texts: string[] = [];
    for (let after = since as Cursor; after < UP_TO; ) {
      const page = await archive.read(after, UP_TO);
      if (page.kind !== "frames") return expect.fail("unavailable");
      texts.push(...page.frames.map(({ text }) => text));
      after = page.through;
    }
    return texts;
  };
  return { archive, time, asked, readAll, sql, mostUnderWay: () => most };
}

const hundred = Array.from({ length: 100 }, (_, at) => 5 + at * 3);

describe("F-3 a crowd beyond the log", () => {
  it("from one place costs the reads of one viewer", async () => {
    const { time, asked, readAll } = archiveOf(hundred);
    const all = await time.until(Promise.all(Array.from({ length: 300 }, () => readAll(0))));
    for (const texts of all) expect(texts).toEqual(hundred.map(String));
    expect(asked).toHaveLength(10);
  });

  it("from anywhere gets what comes after its own cursor, four reads at once at the most", async () => {
    const { time, asked, readAll, mostUnderWay } = archiveOf(hundred);
    const since = Array.from({ length: 100 }, (_, at) => at * 3);
    const all = await time.until(Promise.all(since.map(readAll)));
    for (const [at, texts] of all.entries()) {
      expect(texts).toEqual(hundred.filter((cursor) => cursor > at * 3).map(String));
    }
    expect(mostUnderWay()).toBe(4);
    expect(asked.length).toBeLessThan(100);
  });

  it("asks anew once nobody has asked for a page for a while", async () => {
    const { archive, time, asked, readAll } = archiveOf([7]);
    await time.until(readAll(1));
    archive.forgetUnused();
    await time.until(readAll(1));
    expect(asked).toEqual([1]);
    archive.forgetUnused();
    archive.forgetUnused();
    await time.until(readAll(1));
    expect(asked).toEqual([1, 1]);
  });
});

it("F-3 a Postgres that hangs keeps nobody for longer than a try, however many rooms wait", async () => {
  const time = new FakeTime();
  let asked = 0;
  const query = async () => {
    asked += 1;
    await time.wait(10_000);
    throw new DatabaseError(new DOMException("no answer within 10000 ms", "TimeoutError"));
  };
  const database = { query, transaction: query };
  const unheard: Logger = {
    debug() {},
    info() {},
    warn() {},
    error() {},
    isEnabledFor: () => false,
  };
  const joined = new JoinedReads(database);
  const turns = new ReadTurns(PAGES_AT_ONCE);
  const rooms = Array.from({ length: 60 }, (_, at) => {
    const sql = memorySql();
    createTables(sql);
    const archive = roomArchive(database, joined, unheard, `S${at}` as SymbolName);
    return new ArchiveReads({
      ...{ sql, turns, clock: time, room: () => 1 as RoomId },
      read: (after, upTo) => archive.readPage(after, upTo),
    });
  });
  const beganMs = time.nowMs();
  const far = 3_600_000_000 as Cursor;
  const readAll = () => time.until(Promise.all(rooms.map((room) => room.read(0 as Cursor, far))));
  expect(new Set((await readAll()).map(({ kind }) => kind))).toEqual(new Set(["unavailable"]));
  // Four pages, and one question whether it is there.
  expect([asked, time.nowMs() - beganMs]).toEqual([5, 20_000]);
  // Who comes later asks anew.
  await readAll();
  expect(asked).toBe(10);
});

describe("F-3 a room that nothing was before", () => {
  it("asks Postgres once in its life, and answers at once from then on", async () => {
    const { time, asked, readAll, sql } = archiveOf([]);
    await time.until(Promise.all([0, 0, 0].map(readAll)));
    expect(asked).toEqual([0]);
    const woken = archiveOf([], sql);
    expect(await woken.readAll(0)).toEqual([]);
    expect(await woken.readAll(999)).toEqual([]);
    expect(woken.asked).toEqual([]);
  });

  it("asks for no more than what came after that, once its log was pruned", async () => {
    const first = archiveOf([]);
    await first.time.until(first.archive.read(0 as Cursor, 500 as Cursor));
    const later = archiveOf([600, 700], first.sql);
    expect(await later.time.until(later.readAll(0))).toEqual(["600", "700"]);
    expect(later.asked).toEqual([500]);
  });

  it("S-10 takes nothing for empty where something is kept no more", async () => {
    const { archive, time } = archiveOf([], memorySql(), 500);
    const page = { kind: "frames", frames: [], through: UP_TO, expiredThrough: 500 };
    for (const after of [0, 0, 9] as Cursor[]) {
      expect(await time.until(archive.read(after, UP_TO))).toEqual(page);
    }
    expect(archive.emptyThrough).toBe(0);
  });

  it("takes nothing for empty that it has not seen from the beginning", async () => {
    const { archive, time } = archiveOf([7]);
    await time.until(archive.read(9 as Cursor, UP_TO));
    await settle();
    expect(archive.emptyThrough).toBe(0);
    await time.until(archive.read(0 as Cursor, UP_TO));
    expect(archive.emptyThrough).toBe(0);
  });
});
