import { describe, expect, it, test } from "vitest";
import { PART_LIMIT } from "../../../../durable/host/outbox/drain.ts";
import { Waiters } from "../../../../durable/host/outbox/waiters.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { hostStates } from "../../../../src/telemetry/metrics.ts";
import { OutboxWorld } from "./outbox-world.ts";

const symbolsOf = ({ requests }: OutboxWorld) =>
  requests.map(({ rooms }) => rooms.map(({ symbol }) => symbol).join(" "));

describe("INV-1 the outbox of a host", () => {
  it("goes to Postgres in order, many symbols a part, and two large parts at a time", async () => {
    const world = new OutboxWorld();
    world.takesMs = () => 50;
    for (let at = 0; at < 12; at += 1) world.log.append([1, `a${at}`], [2, `b${at}`]);
    world.outbox.kick();
    await world.time.pass(0);
    expect(symbolsOf(world)).toEqual(["S1 S2", "S1 S2"]);
    expect(world.requests.map(({ rooms }) => rooms[0]?.frames.length)).toEqual([4, 4]);
    expect(world.requests[0]).toMatchObject({ host: "host-0", lane: "outbox", roomsWaiting: 2 });
    await world.pass(1_000);
    expect(world.log.storedThrough).toBe(world.log.head);
    expect([world.of(1).length, world.of(2).length]).toEqual([12, 12]);
    expect(world.awake).toBe(0);
  });

  it("stays while Postgres is away, with no timer for a long wait, and goes when it is back", async () => {
    const world = new OutboxWorld();
    world.isAway = true;
    world.append([1, "a"]);
    await world.pass(60_000);
    expect(world.log.storedThrough).toBe(0);
    expect(world.awake).toBe(0);
    // Backoff from 250 ms to 15 s, and an alarm each 5 s.
    expect(world.requests.length).toBeGreaterThan(6);
    expect(world.requests.length).toBeLessThan(16);
    world.isAway = false;
    await world.pass(20_000);
    expect(world.of(1)).toEqual([1]);
    expect(world.outbox.bytes).toBe(0);
  });

  it("L-24 says with each part what is left behind it, and T-3 since when the oldest of it waits", async () => {
    const world = new OutboxWorld();
    world.takesMs = () => 50;
    // Hosts of other tests in this process have counted here too.
    hostStates.delete("host-0");
    const waits = () => [...hostStates.all].at(-1)?.outboxSinceMs ?? null;
    world.outbox.kick();
    expect(waits()).toBeNull();
    world.isAway = true;
    const oldest = world.append([1, "a".repeat(400)]);
    for (let at = 0; at < 9; at += 1) world.append([1, "a".repeat(400)]);
    await world.pass(1_400_000);
    // A life of its own knows of those of before.
    await world.crash();
    world.outbox.kick();
    expect(waits()).toBe(oldest / 1_000);
    world.requests.length = 0;
    world.isAway = false;
    await world.pass(60_000);
    const left = world.requests
      .slice(-5)
      .map(({ outboxBytes, leftBytes }) => [outboxBytes, leftBytes]);
    expect(left).toEqual([
      [4_000, 3_200],
      [4_000, 2_400],
      [3_200, 1_600],
      [2_400, 800],
      [1_600, 0],
    ]);
    expect(waits()).toBeNull();
    const later = world.append([1, "b"]);
    expect(waits()).toBeGreaterThanOrEqual(later / 1_000 - 1);
    await world.pass(1_000);
    // Another database lacks them all.
    world.isAway = true;
    world.replace("other");
    world.outbox.kick();
    expect(waits()).toBe(oldest / 1_000);
  });

  it("is sent again from its saved position after a crash", async () => {
    const world = new OutboxWorld();
    world.takesMs = () => 50;
    for (let at = 0; at < 20; at += 1) world.log.append([1, `a${at}`]);
    world.outbox.kick();
    await world.time.pass(70);
    expect(world.log.storedThrough).toBeGreaterThan(0);
    await world.crash();
    expect(world.log.storedThrough).toBe(0);
    world.outbox.kick();
    await world.pass(1_000);
    expect(world.of(1)).toHaveLength(20);
  });

  it("stores something in each life, however soon the host dies again and however long a whole part takes", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    for (let at = 0; at < 40; at += 1) world.log.append([1, "a".repeat(32_000)]);
    // A second a part of 512 KB, and little for a short one.
    world.takesMs = (bytes) => bytes / 512;
    for (let life = 1; life <= 4; life += 1) {
      const before = world.log.storedThrough;
      world.outbox.kick();
      await world.time.pass(700);
      expect(world.log.storedThrough).toBeGreaterThan(before);
      // It is written down with the next append.
      world.log.append([1, "b"]);
      await world.crash();
    }
    world.outbox.kick();
    await world.pass(10_000);
    expect(world.log.storedThrough).toBe(world.log.head);
    const lengths = world.requests.map(({ rooms }) => rooms[0]?.frames.length ?? 0);
    expect(Math.max(...lengths)).toBe(16);
  });

  it("goes in shorter parts where Postgres has not answered, and in longer ones again", async () => {
    const world = new OutboxWorld({ events: 8, bytes: 1_000, firstShare: 1 / 4 });
    for (let at = 0; at < 200; at += 1) world.log.append([1, `${at}`]);
    const lengths = () => world.requests.map(({ rooms }) => rooms[0]?.frames.length);
    world.takesMs = () => 10;
    world.outbox.kick();
    await world.time.pass(55);
    expect(lengths().slice(0, 5)).toEqual([2, 2, 4, 8, 8]);
    world.isAway = true;
    await world.time.pass(10);
    world.requests.length = 0;
    await world.pass(30_000);
    expect(lengths().at(-1)).toBe(2);
    world.isAway = false;
    world.requests.length = 0;
    await world.pass(30_000);
    expect(lengths().slice(0, 2)).toEqual([4, 8]);
    expect(world.of(1)).toHaveLength(200);
  });

  it("takes the ids of requests along, also where the part has to go again", async () => {
    const world = new OutboxWorld();
    world.isAway = true;
    world.outbox.remember("c1");
    world.append([1, "a"]);
    await world.time.pass(0);
    world.isAway = false;
    world.outbox.remember("c2");
    await world.pass(1_000);
    expect(world.requests.map(({ correlationIds }) => correlationIds)).toEqual([
      ["c1"],
      ["c1", "c2"],
    ]);
  });

  it("S-7 ends before the first row with a room that may not be stored yet, and does not spin there", async () => {
    const world = new OutboxWorld();
    world.blocked.add(2);
    world.append([1, "a"]);
    world.append([1, "b"], [2, "c"]);
    world.append([1, "d"]);
    await world.pass(60_000);
    expect([world.of(1), world.of(2)]).toEqual([[1], []]);
    expect(world.requests).toHaveLength(1);
    expect(world.awake).toBe(0);
    world.blocked.clear();
    world.outbox.kick();
    await world.time.pass(0);
    expect([world.of(1), world.of(2)]).toEqual([[1, 2, 4], [3]]);
  });

  it("I-5 says when a cursor is stored, or that it was not in time, and leaves no timer", async () => {
    const world = new OutboxWorld();
    world.isAway = true;
    const cursor = world.append([1, "a"]);
    expect(await world.time.until(world.outbox.untilStored(cursor, 3_000))).toBe(false);
    world.isAway = false;
    const stored = world.outbox.untilStored(cursor, 60_000);
    await world.pass(20_000);
    expect(await stored).toBe(true);
    expect(await world.outbox.untilStored(cursor, 0)).toBe(true);
    expect(world.awake).toBe(0);
  });
});

describe("the rest behind a part", () => {
  it("is none for the first event after a while, and 100 ms for what comes soon behind it", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    world.append([1, "a"]);
    await world.time.pass(1);
    world.append([1, "b"]);
    world.append([2, "c"]);
    await world.time.pass(98);
    expect(world.requests).toHaveLength(1);
    await world.time.pass(2);
    expect(symbolsOf(world)).toEqual(["S1", "S1 S2"]);
    await world.time.pass(1_000);
    world.append([1, "d"]);
    await world.time.pass(0);
    expect(world.requests).toHaveLength(3);
  });

  it("is a second without a timer under posts that go on, and what is left goes with the alarm", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    const post = async (posts: number) => {
      let awake = 0;
      for (let at = 0; at < posts; at += 1) {
        world.append([1, `${at}`]);
        await world.time.pass(100);
        awake += world.awake;
      }
      return awake;
    };
    await post(10);
    world.requests.length = 0;
    expect(await post(100)).toBe(0);
    expect(world.requests.length).toBeGreaterThanOrEqual(9);
    expect(world.requests.length).toBeLessThanOrEqual(10);
    await world.pass(10_000);
    expect(world.outbox.bytes).toBe(0);
    // After a while it is as at the beginning.
    world.requests.length = 0;
    world.append([1, "x"]);
    await world.time.pass(1);
    world.append([1, "y"]);
    await world.time.pass(100);
    expect(world.requests).toHaveLength(2);
  });

  it("is not there for posts of each second", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    world.takesMs = () => 40;
    for (let at = 0; at < 20; at += 1) {
      world.append([1, `${at}`]);
      await world.time.pass(41);
      expect(world.outbox.bytes).toBe(0);
      await world.time.pass(959);
    }
    expect(world.requests).toHaveLength(20);
  });

  it("ends where what has gathered is worth a part", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    const text = "x".repeat(20_000);
    for (let at = 0; at < 60; at += 1) {
      world.append([1, text]);
      await world.time.pass(20);
    }
    world.requests.length = 0;
    for (let at = 0; at < 70; at += 1) {
      world.append([1, text]);
      await world.time.pass(20);
      expect(world.outbox.bytes).toBeLessThan(140_000);
    }
    expect(world.requests.length).toBeLessThanOrEqual(11);
  });

  it("I-5 ends where somebody waits, also where they came while a part was under way", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    for (let at = 0; at < 20; at += 1) {
      world.append([1, `${at}`]);
      await world.time.pass(100);
    }
    world.takesMs = () => 30;
    const waits = [1, 2].map((room) => {
      const cursor = world.append([room, `w${room}`]);
      return world.outbox.untilStored(cursor, 1_000);
    });
    await world.time.pass(1);
    const late = world.outbox.untilStored(world.append([3, "late"]), 1_000);
    await world.time.pass(70);
    expect(await Promise.all([...waits, late])).toEqual([true, true, true]);
  });

  it("H-4 is no longer than ever where the clock is turned back", async () => {
    const world = new OutboxWorld(PART_LIMIT);
    world.append([1, "a"]);
    await world.time.pass(1);
    world.append([1, "b"]);
    world.time.turnBack(3_600_000);
    world.outbox.kick();
    await world.time.pass(100);
    world.append([1, "c"]);
    await world.time.pass(200);
    expect(world.of(1)).toHaveLength(3);
  });
});

describe("INV-1 a symbol that Postgres refuses", () => {
  it("holds up nobody else: its frames are held back, in order, and stored when they may be", async () => {
    const world = new OutboxWorld();
    world.poison.add("bad");
    world.append([1, "a"], [2, "x", "bad"], [3, "b"]);
    world.append([2, "y"], [3, "c"]);
    await world.pass(1_000);
    expect([world.of(1), world.of(2), world.of(3)]).toEqual([[1], [], [4, 6]]);
    expect(world.log.outboxBytes).toBe(0);
    expect(world.outbox.held.of(2 as never)).toEqual({ first: 2, bytes: "x\nbad\ny".length });
    const statements = world.statements;
    await world.pass(120_000);
    expect(world.awake).toBe(0);
    // It is tried again, at most once a minute in the end.
    expect(world.statements - statements).toBeGreaterThan(3);
    expect(world.statements - statements).toBeLessThan(12);
    world.log.prune();
    world.poison.clear();
    await world.pass(65_000);
    expect(world.of(2)).toEqual([2, 3, 5]);
    expect(world.outbox.bytes).toBe(0);
    expect(world.outbox.held.of(2 as never)).toBeNull();
    world.append([2, "z"]);
    await world.time.pass(0);
    expect(world.of(2)).toEqual([2, 3, 5, 7]);
  });

  it("I-5 lets nobody believe that it is stored, and others know that they are", async () => {
    const world = new OutboxWorld();
    world.poison.add("bad");
    world.append([1, "a"], [2, "bad"]);
    await world.time.pass(0);
    const good = world.append([3, "b"]);
    const bad = world.append([2, "y"]);
    const waits = [good, bad].map((cursor) => world.outbox.untilStored(cursor, 200_000));
    await world.pass(2_000);
    expect(await waits[0]).toBe(true);
    expect(await world.time.until(world.outbox.untilStored(bad, 10))).toBe(false);
    world.poison.clear();
    await world.pass(130_000);
    expect(await waits[1]).toBe(true);
  });

  it("is found alone among many, with the statements of a search by halves", async () => {
    const world = new OutboxWorld();
    world.poison.add("bad");
    const rooms = Array.from({ length: 64 }, (_, at) => [at, at === 37 ? "bad" : "a"] as const);
    world.append(...rooms);
    await world.time.pass(0);
    for (const [room] of rooms) expect(world.of(room)).toHaveLength(room === 37 ? 0 : 1);
    expect(world.statements).toBeLessThanOrEqual(13);
  });

  it("waits where nothing else is behind it, and is held back when something is", async () => {
    const world = new OutboxWorld();
    world.poison.add("bad");
    for (let at = 0; at < 40; at += 1) world.append([2, "bad"]);
    await world.pass(30_000);
    expect(world.outbox.held.rooms).toBe(0);
    expect(world.log.storedThrough).toBe(0);
    world.append([1, "a"]);
    await world.pass(30_000);
    expect(world.of(1)).toEqual([41]);
    expect(world.log.outboxBytes).toBe(0);
    expect(world.outbox.held.of(2 as never)?.first).toBe(1);
    expect([...world.outbox.held.framesAfter(2 as never, 3 as Cursor, 6 as Cursor)]).toEqual(
      [4, 5, 6].map((cursor) => ({ cursor, text: "bad", count: 1 })),
    );
  });

  it("is not believed in where everything is refused: then all wait, and nothing is copied", async () => {
    const world = new OutboxWorld();
    for (let at = 0; at < 50; at += 1) {
      world.poison.add(`${at}`);
      world.append([at % 5, `${at}`]);
    }
    await world.pass(60_000);
    expect(world.outbox.held.rooms).toBe(0);
    expect(world.log.storedThrough).toBe(0);
    world.poison.clear();
    await world.pass(20_000);
    expect(world.log.outboxBytes).toBe(0);
    for (let room = 0; room < 5; room += 1) expect(world.of(room)).toHaveLength(10);
  });

  it("keeps what was sent behind it, with two parts under way", async () => {
    const world = new OutboxWorld();
    world.takesMs = () => 50;
    world.poison.add("bad");
    for (let at = 0; at < 8; at += 1)
      world.log.append([2, at === 1 ? "bad" : `x${at}`], [1, `a${at}`]);
    world.outbox.kick();
    await world.pass(3_000);
    expect(world.of(1)).toHaveLength(8);
    // Nothing of the room is stored under a cursor that says that all before it is.
    expect(world.outbox.held.of(2 as never)?.first).toBe(1);
    expect([...world.outbox.held.framesAfter(2 as never, 0 as Cursor, 99 as Cursor)]).toHaveLength(
      8,
    );
  });

  it("survives a crash at any moment", async () => {
    for (let crashMs = 0; crashMs < 400; crashMs += 10) {
      const world = new OutboxWorld();
      world.takesMs = () => 25;
      world.poison.add("bad");
      for (let at = 0; at < 30; at += 1) {
        world.log.append([1, `a${at}`], [2, at % 7 === 3 ? "bad" : `b${at}`]);
      }
      world.outbox.kick();
      await world.time.pass(crashMs);
      await world.crash();
      world.append([1, "end"]);
      await world.pass(10_000);
      expect(world.of(1)).toHaveLength(31);
      const held = [...world.outbox.held.framesAfter(2 as never, 0 as Cursor, 99 as Cursor)];
      expect(new Set([...world.of(2), ...held.map(({ cursor }) => cursor)]).size).toBe(30);
      world.poison.clear();
      await world.pass(130_000);
      expect(world.of(2)).toHaveLength(30);
      expect(world.outbox.bytes).toBe(0);
    }
  });
});

describe("INV-1 a room whose place others have yet to make known", () => {
  it("holds up nobody: its frames are held back, and are stored when it has its place", async () => {
    const world = new OutboxWorld();
    world.awaiting.add(2);
    world.append([1, "a"], [2, "x"]);
    world.append([2, "y"]);
    const last = world.append([3, "b"]);
    const waits = world.outbox.untilStored(last, 1_000);
    await world.pass(1_000);
    expect(await waits).toBe(true);
    expect([world.of(1), world.of(2), world.of(3)]).toEqual([[1], [], [4]]);
    expect(world.log.outboxBytes).toBe(0);
    expect(world.outbox.held.of(2 as never)).toEqual({ first: 2, bytes: "x\ny".length });
    const statements = world.statements;
    await world.pass(60_000);
    expect(world.statements).toBe(statements);
    await world.crash();
    await world.pass(1_000);
    world.awaiting.clear();
    world.outbox.kick();
    await world.pass(1_000);
    expect(world.of(2)).toEqual([2, 3]);
    expect(world.outbox.bytes).toBe(0);
  });

  it("has left the rows of a part that is under way where it gets its place meanwhile", async () => {
    const world = new OutboxWorld();
    world.awaiting.add(2);
    world.takesMs = () => 50;
    world.append([1, "a"], [2, "x"]);
    await world.time.pass(20);
    world.awaiting.clear();
    const moved = world.log.move(2);
    await world.pass(2_000);
    expect([world.of(1), world.of(2)]).toEqual([[1], moved]);
    expect(world.outbox.bytes).toBe(0);
  });
});

describe("S-8 another database in the place of the one before", () => {
  it("is given everything that the log holds, also what is under way says nothing any more", async () => {
    const world = new OutboxWorld();
    world.append([1, "a"], [2, "b"]);
    await world.time.pass(0);
    world.log.prune();
    world.takesMs = () => 50;
    const cursor = world.append([1, "c"]);
    expect(world.outbox.meet("one")).toEqual({ rooms: 0, lostThrough: null });
    await world.time.pass(200);
    world.identity = "two";
    world.append([2, "d"]);
    expect(world.outbox.meet("two")).toEqual({ rooms: 3, lostThrough: 2 });
    expect(world.log.storedThrough).toBe(2);
    expect(await world.time.until(world.outbox.untilStored(cursor, 60_000))).toBe(true);
    expect(world.lines).toContain("host_stores_again");
    expect(world.storedAgain).toBe(1);
    await world.crash();
    expect(world.outbox.meet("two")).toEqual({ rooms: 3, lostThrough: 2 });
    world.outbox.kick();
    await world.pass(2_000);
    expect(world.outbox.bytes).toBe(0);
  });

  it("is heard of with a part that it stored, and where the host is read", async () => {
    const world = new OutboxWorld();
    world.append([1, "a"]);
    await world.time.pass(0);
    world.identity = "two";
    world.append([1, "b"]);
    await world.time.pass(200);
    expect(world.storedAgain).toBe(1);
    expect(world.log.outboxBytes).toBe(0);
    world.identity = "three";
    await world.time.pass(60_000);
    await world.outbox.lookAtDatabase();
    expect(world.storedAgain).toBe(2);
    await world.pass(1_000);
    expect(world.log.outboxBytes).toBe(0);
  });

  it("is given what was held back too, of the log's rows from the log", async () => {
    const world = new OutboxWorld();
    world.poison.add("bad");
    world.append([1, "a"], [2, "bad"]);
    await world.time.pass(0);
    world.log.prune();
    world.append([1, "c"], [2, "d"]);
    await world.pass(1_000);
    expect(world.outbox.held.of(2 as never)).toEqual({ first: 2, bytes: 4 });
    world.identity = "two";
    world.poison.clear();
    world.outbox.meet("two");
    expect(world.outbox.held.of(2 as never)).toEqual({ first: 2, bytes: 3 });
    await world.pass(6_000);
    expect([world.of(1), world.of(2)]).toEqual([[3], [2, 4]]);
    expect(world.outbox.bytes).toBe(0);
  });
});

test("I-5 whoever waits for a cursor to be stored is told when it is, in any order", async () => {
  const waiters = new Waiters<number>();
  const told: number[] = [];
  const waiting = [5, 3, 9, 4].map((cursor) => waiters.add(cursor));
  for (const { of, over } of waiting) void over.then(() => told.push(of));
  expect(waiters.some((cursor) => cursor > 8)).toBe(true);
  expect(waiters.some((cursor) => cursor > 9)).toBe(false);
  if (waiting[3] !== undefined) waiters.forget(waiting[3]);
  waiters.release((cursor) => cursor <= 5);
  await Promise.resolve();
  expect(told.sort()).toEqual([3, 5]);
  waiters.release(() => true);
  await waiting[2]?.over;
  expect(waiters.some(() => true)).toBe(false);
});
