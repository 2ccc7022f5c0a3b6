import fc from "fast-check";
import { expect, test } from "vitest";
import { HostLog, type RoomId } from "../../../../durable/host/log/host-log.ts";
import type { EncodedFrame } from "../../../../src/core/events/encode-events.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { memorySql } from "../../room/sqlite-port.ts";
import { cursorOf } from "../known-cursor.ts";
import { NaiveLog } from "./naive-log.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 30);
const NOW_US = 1_700_000_000_000_000;
const HOUR_US = 3_600_000_000;
/** Small, so that generations turn over often, memory holds a few rows, and blocks are closed. */
const KEEPING = { events: 400, bytes: 8_000, recentBytes: 3_000 };
const ROOMS = [1, 2, 3, 4, 5, 6, 7, 300, 5_000] as RoomId[];
/** Rooms from this one on begin without a place behind their earlier life. */
const FIRST_UNPLACED = 6;

const roomIndex = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: FIRST_UNPLACED - 1 }) },
  { weight: 1, arbitrary: fc.integer({ min: FIRST_UNPLACED, max: ROOMS.length - 1 }) },
);
const unplacedIndex = fc.integer({ min: FIRST_UNPLACED, max: ROOMS.length - 1 });

const commit = fc.record({
  parts: fc.array(
    fc.record({
      roomIndex,
      /** Events in each frame. */
      frames: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 3 }),
    }),
    { maxLength: 4 },
  ),
  keys: fc.array(fc.nat({ max: 12 }), { maxLength: 2 }),
});

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("append" as const), commit }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("burst" as const),
      commit,
      times: fc.constantFrom(5, 20, 70),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("store" as const),
      limit: fc.record({
        events: fc.constantFrom(1, 60, 10_000),
        bytes: fc.constantFrom(1, 700, 100_000),
      }),
      parts: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("markStale" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("saveStored" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("storeAgain" as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("prune" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      roomIndex: unplacedIndex,
      /** From the head, or from the room's newest frame. */
      from: fc.constantFrom("head" as const, "room" as const),
      byUs: fc.integer({ min: -400, max: 400 }),
      places: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      us: fc.constantFrom(1, 50, 1_000, -700, 13 * HOUR_US, 25 * HOUR_US),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("open" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      roomIndex,
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      to: fc.double({ min: 0, max: 1, noNaN: true }),
      events: fc.constantFrom(1, 40, 300),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lookForKeys" as const) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type Commit = typeof commit extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly #sql = memorySql();
  readonly #naive = new NaiveLog(NOW_US as EpochUs, KEEPING);
  readonly #unplaced = new Set(ROOMS.slice(FIRST_UNPLACED));
  #nowUs = NOW_US as EpochUs;
  #log = this.#open();
  #texts = 0;
  #stale: { after: Cursor; through: Cursor; bytes: number } | null = null;

  act(step: Action): void {
    switch (step.do) {
      case "append":
        this.#append(step.commit);
        break;
      case "burst":
        for (let time = 0; time < step.times; time += 1) this.#append(step.commit);
        break;
      case "store":
        this.#store(step.limit, step.parts);
        break;
      case "markStale":
        if (this.#stale === null) break;
        this.#log.markStored(this.#stale);
        this.#naive.markStored(this.#stale.after, this.#stale.through);
        break;
      case "saveStored":
        this.#log.saveStored();
        this.#naive.saveStored();
        break;
      case "storeAgain":
        this.#log.storeAgain();
        this.#naive.storeAgain();
        this.#stale = null;
        break;
      case "prune":
        this.#prune();
        break;
      case "move":
        this.#move(step);
        break;
      case "pass":
        this.#nowUs = (this.#nowUs + step.us) as EpochUs;
        break;
      case "open":
        this.#log = this.#open();
        this.#naive.reopen();
        this.#stale = null;
        break;
      case "read":
        this.#read(step);
        break;
      case "lookForKeys":
        this.#lookForKeys();
        break;
      default:
        step satisfies never;
    }
  }

  compare(): void {
    const { head, prunedThrough, storedThrough, outboxBytes, events } = this.#log;
    const naive = this.#naive;
    expect({ head, prunedThrough, storedThrough, outboxBytes, events }).toEqual({
      ...{ head: naive.head, prunedThrough: naive.prunedThrough },
      ...{ storedThrough: naive.storedThrough, outboxBytes: naive.outboxBytes },
      events: naive.events,
    });
    const prunable = this.#log.prunable;
    expect(prunable && { ...prunable, rooms: prunable.rooms.toSorted((a, b) => a - b) }).toEqual(
      naive.prunable,
    );
  }

  compareAll(): void {
    this.compare();
    for (const room of ROOMS) {
      const expected = this.#naive.framesOf(room, 0 as Cursor, this.#log.head);
      expect(this.#log.lastOf(room)).toBe(expected.at(-1)?.cursor ?? null);
      expect([...this.#log.framesOf(room, 0 as Cursor, this.#log.head)]).toEqual(expected);
    }
    this.#lookForKeys();
  }

  #open(): HostLog {
    return new HostLog(this.#sql, this.#nowUs, () => "log", KEEPING);
  }

  #append({ parts, keys }: Commit): void {
    const now = this.#nowUs;
    const pushed = parts.map(({ roomIndex: index, frames }) => ({
      room: roomAt(index),
      frames: frames.map((count): EncodedFrame => {
        this.#texts += 1;
        return { text: `é${this.#texts}`.padEnd(count, "."), count };
      }),
    }));
    const fresh = [...new Set(keys)]
      .map((key) => ({ key: `holder key ${key}`, fingerprint: `${key} ${this.#texts}` }))
      .filter(({ key }) => {
        const found = this.#log.findKey(key, now);
        same(found?.fingerprint, this.#naive.find(key, now)?.fingerprint);
        return found === null;
      });
    const rooms = pushed.map(({ room }) => room);
    const cursors = this.#log.append(pushed, fresh, now);
    same(cursors, this.#naive.append(pushed, fresh, now));
    // A request that is sent again is told what it was told at first.
    for (const { key } of fresh) {
      const again = this.#log.findKey(key, now);
      same(
        rooms.map((room) => cursorOf(again, room)),
        cursors,
      );
    }
  }

  #store(limit: { events: number; bytes: number }, parts: number): void {
    const mayStore = (room: RoomId) => !this.#unplaced.has(room);
    const underWay: { after: Cursor; through: Cursor; bytes: number }[] = [];
    for (let made = 0; made < parts; made += 1) {
      const after = underWay.at(-1)?.through ?? this.#log.storedThrough;
      const part = this.#log.outbox(limit, after, mayStore);
      const expected = this.#naive.outbox(limit, after, mayStore);
      expect(part === null).toBe(expected === null);
      if (part === null || expected === null) break;
      const { through, events, bytes } = part;
      expect({ through, events, bytes }).toEqual({
        ...{ through: expected.through, events: expected.events, bytes: expected.bytes },
      });
      expect(new Map(part.rooms.map(({ room, frames }) => [room, frames]))).toEqual(
        expected.frames,
      );
      underWay.push(part);
    }
    this.#stale = underWay.at(-1) ?? null;
    for (const part of underWay) {
      this.#log.markStored(part);
      this.#naive.markStored(part.after, part.through);
    }
  }

  #prune(): void {
    for (let due = this.#log.prunable; due !== null; due = this.#log.prunable) {
      expect(due.through).toBe(this.#naive.prunable?.through);
      this.#log.prune(due.through);
      this.#naive.prune();
    }
  }

  #move({ roomIndex: index, from, byUs, places }: Action & { do: "move" }): void {
    const room = roomAt(index);
    if (!this.#unplaced.has(room)) return;
    const base = from === "head" ? this.#log.head : (this.#log.lastOf(room) ?? this.#log.head);
    const newest = (base + byUs) as Cursor;
    const before = this.#log.framesOf(room, 0 as Cursor, this.#log.head);
    const texts = Array.from(before, ({ text }) => text).join(",");
    this.#log.moveBehind(room, newest, this.#nowUs);
    this.#naive.moveBehind(room, newest, this.#nowUs);
    const after = [...this.#log.framesOf(room, 0 as Cursor, this.#log.head)];
    expect(after.map(({ text }) => text).join(",")).toBe(texts);
    for (const { cursor } of after) expect(cursor).toBeGreaterThan(newest);
    expect(this.#log.head).toBeGreaterThanOrEqual(newest);
    if (places) this.#unplaced.delete(room);
  }

  #read({ roomIndex: index, from, to, events }: Action & { do: "read" }): void {
    const room = roomAt(index);
    const { head, prunedThrough } = this.#log;
    const at = (share: number) => {
      const { rows } = this.#naive;
      const row = rows[Math.floor(share * rows.length)];
      return ((row?.frames[0]?.frame.cursor ?? row?.last ?? head) + Math.round(share)) as Cursor;
    };
    const range = [at(from), at(to)] as const;
    expect([...this.#log.framesOf(room, ...range)]).toEqual(this.#naive.framesOf(room, ...range));
    expect([...this.#log.framesOf(room, prunedThrough, head)]).toEqual(
      this.#naive.framesOf(room, 0 as Cursor, head),
    );
    expect(this.#log.newestOf(room, events)).toEqual(this.#naive.newestOf(room, events));
    expect(this.#log.lastOf(room)).toBe(this.#naive.newestOf(room, 1)[0]?.cursor ?? null);
  }

  #lookForKeys(): void {
    for (let key = 0; key <= 13; key += 1) {
      const name = `holder key ${key}`;
      const found = this.#log.findKey(name, this.#nowUs);
      const expected = this.#naive.find(name, this.#nowUs);
      expect(found?.fingerprint).toBe(expected?.fingerprint);
      if (found === null || expected === null) continue;
      for (const room of ROOMS) {
        same(cursorOf(found, room), this.#naive.cursorOf(expected, room));
      }
    }
  }
}

/** `expect` for what is looked at very often. */
function same(value: unknown, expected: unknown): void {
  if (JSON.stringify(value) !== JSON.stringify(expected)) expect(value).toEqual(expected);
}

function roomAt(index: number): RoomId {
  return ROOMS[index] ?? expect.fail("no such room");
}

test(
  "INV-1 INV-6 C-1: a host's log is what a list of rows would be, whatever happens and whenever it is opened again",
  () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40, size: "max" }), (steps) => {
        const world = new World();
        for (const step of steps) {
          world.act(step);
          world.compare();
        }
        world.compareAll();
        world.act({ do: "open" });
        world.compareAll();
      }),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 400,
);
