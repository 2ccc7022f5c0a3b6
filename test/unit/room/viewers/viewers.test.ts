import { describe, expect, it } from "vitest";
import type { LogFrame } from "../../../../durable/host/log/host-log.ts";
import { PAGES_CHARS, PageMemory } from "../../../../durable/room/viewers/replay-pages.ts";
import type { Viewer } from "../../../../durable/room/viewers/viewer.ts";
import { CLOSE_CODES } from "../../../../src/protocol/socket/close-codes.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { settle } from "../fake-time.ts";
import { ANYBODY, NOW_US, roomOf, Socket } from "./watched-room.ts";

describe("INV-5 a socket that fails", () => {
  it("while it is told that it has caught up, is not live", async () => {
    const { viewers, append } = roomOf();
    const witness = new Socket();
    viewers.join(witness, null, ANYBODY);
    const socket = new Socket();
    socket.failsFrom = 3;
    viewers.join(socket, null, ANYBODY);
    expect(socket.types).toEqual(["hello", "snapshot"]);
    append(1);
    await settle();
    expect(witness.types.at(-1)).toBe("events");
    expect(socket.attempts).toBe(3);
    expect(viewers.size).toBe(1);
  });

  it("in the middle of a replay is sent nothing more than the page at hand", () => {
    const { viewers, append } = roomOf();
    for (let value = 0; value < 40; value += 1) append(value);
    const socket = new Socket();
    socket.failsFrom = 2;
    viewers.join(socket, 0 as Cursor, ANYBODY);
    viewers.join(socket, NOW_US as number as Cursor, ANYBODY);
    expect(socket.attempts).toBeLessThan(6);
    expect(viewers.size).toBe(0);
  });
});

describe("a crowd that comes back to several pages", () => {
  const ABSENT = 40;

  function crowdOf({ pages = new PageMemory(PAGES_CHARS) } = {}) {
    const room = roomOf({ pages });
    for (let value = 0; value < ABSENT; value += 1) room.append(value);
    let reads = 0;
    const { framesAfter } = room.log;
    room.log.framesAfter = (...range) => {
      reads += 1;
      return framesAfter.apply(room.log, range);
    };
    const comeBack = () => {
      const socket = new Socket();
      room.viewers.join(socket, (NOW_US - 1) as number as Cursor, ANYBODY);
      // Its window is smaller than what it missed.
      for (let acks = 0; acks < ABSENT && !socket.types.includes("caught_up"); acks += 1) {
        const viewer = room.viewers.viewerOf(socket);
        const cursor = socket.said.findLast(({ type }) => type === "events");
        if (viewer === undefined || cursor?.type !== "events") break;
        room.viewers.acknowledged(viewer, cursor.cursor as Cursor);
      }
      return socket;
    };
    const valuesOf = (socket: Socket) =>
      socket.said.flatMap((message) =>
        message.type === "events"
          ? message.events.slice(0, 1).map((event) => "value" in event && event.value)
          : [],
      );
    return { ...room, comeBack, valuesOf, reads: () => reads };
  }

  const ALL = Array.from({ length: ABSENT }, (_, value) => value);

  it("INV-2 INV-4 reads the log once for all of it, and gets what has come since", () => {
    const { comeBack, valuesOf, reads, append } = crowdOf();
    expect(valuesOf(comeBack())).toEqual(ALL);
    const readsOfOne = reads();
    expect(readsOfOne).toBeGreaterThan(2);
    for (let viewer = 0; viewer < 10; viewer += 1) expect(valuesOf(comeBack())).toEqual(ALL);
    expect(reads()).toBe(readsOfOne);
    append(ABSENT);
    expect(valuesOf(comeBack())).toEqual([...ALL, ABSENT]);
  });

  it("INV-4 gets the same where there is no memory for pages", () => {
    const { comeBack, valuesOf } = crowdOf({ pages: new PageMemory(0) });
    expect(valuesOf(comeBack())).toEqual(ALL);
    expect(valuesOf(comeBack())).toEqual(ALL);
  });
});

describe("S-5 after a gap", () => {
  it("INV-4 the snapshot waits until the live stream is where the snapshot is", async () => {
    const { viewers, append, time, log } = roomOf({ pauseMs: 50, isAway: true });
    const witness = new Socket();
    viewers.join(witness, null, ANYBODY);
    append(1);
    const socket = new Socket();
    viewers.join(socket, 0 as Cursor, ANYBODY);
    await time.pass(1_980);
    for (const value of [2, 3, 4]) append(value);
    // Here Postgres is given up, and the live stream is at the second frame of four.
    await time.pass(20);
    expect(socket.types).toEqual(["hello", "gap", "events", "events"]);
    await time.pass(200);
    const at = socket.types.indexOf("snapshot");
    expect(socket.types[at + 1]).toBe("caught_up");
    const [snapshot, caughtUp] = socket.said.slice(at, at + 2);
    expect(snapshot).toMatchObject({ cursor: log.head });
    expect(caughtUp).toMatchObject({ cursor: log.head, complete: false });
    // Not one event of the log was passed over or came twice.
    const values = socket.said.flatMap((message) =>
      message.type === "events" ? message.events.slice(0, 1) : [],
    );
    expect(values).toMatchObject([{ value: 1 }, { value: 2 }, { value: 3 }, { value: 4 }]);
  });
});

describe("S-10 where some of what was stored is kept no more", () => {
  const framesOf = (metric: string) =>
    [100, 200, 300].map((cursor): LogFrame => {
      const event = { kind: "metric", ts: NOW_US, metric, value: cursor };
      return { cursor: cursor as Cursor, count: 1, text: JSON.stringify(event) };
    });
  const replayFrom = async (since: number, expiredThrough: number, metric = "m") => {
    const { viewers, append, time } = roomOf({ frames: framesOf(metric), expiredThrough });
    append(1);
    const socket = new Socket();
    viewers.join(socket, since as Cursor, ANYBODY);
    const viewer = viewers.viewerOf(socket) ?? expect.fail("no viewer");
    await time.pass(0);
    return { socket, viewers, viewer, time };
  };
  const gapsOf = (socket: Socket) => socket.said.filter(({ type }) => type === "gap");

  it("a viewer is told so once, and then gets what is kept", async () => {
    const { socket } = await replayFrom(50, 250);
    expect(socket.types).toEqual(["hello", "gap", "events", "events", "snapshot", "caught_up"]);
    const gap = { type: "gap", from: 50, to: 250, reason: "expired", dropped: null };
    expect(socket.said[1]).toEqual(gap);
    expect(socket.said.at(-1)).toMatchObject({ complete: false });
    const [stored] = socket.said.filter(({ type }) => type === "events");
    expect(stored).toMatchObject({ cursor: 300, events: [{ value: 100 }, {}, { value: 300 }] });
  });

  it("F-2 one that goes on from the gap's end may say that it has it all", async () => {
    const { socket, viewers, viewer, time } = await replayFrom(50, 250, "m".repeat(40_000));
    const cursors = () =>
      socket.said.flatMap((message) => (message.type === "events" ? [message.cursor] : []));
    expect(cursors()).toEqual([100]);
    viewers.acknowledged(viewer, 250 as Cursor);
    await time.pass(0);
    expect([socket.closed, cursors()]).toEqual([null, [100, 200]]);
    viewers.acknowledged(viewer, 251 as Cursor);
    expect(socket.closed?.code).toBe(4504);
  });

  it("one that stands there or behind it lacks nothing", async () => {
    const { socket } = await replayFrom(250, 250);
    expect(gapsOf(socket)).toEqual([]);
    expect(socket.said.at(-1)).toMatchObject({ type: "caught_up", complete: true });
  });

  it("what the log has is not missing, whatever has become of it since", async () => {
    const { socket } = await replayFrom(50, NOW_US + 9_000);
    expect(gapsOf(socket)).toMatchObject([{ from: 50, to: NOW_US - 1 }]);
  });
});

describe("C-6 a viewer that comes with a cursor and its log", () => {
  const BEGINNING = (NOW_US - 1) as number as Cursor;
  const OTHER = "another-log" as LogId;
  const values = (socket: Socket) =>
    socket.said.flatMap((message) =>
      message.type === "events"
        ? message.events.slice(0, 1).map((event) => "value" in event && event.value)
        : [],
    );

  it("of this log is replayed exactly, from any place in it", () => {
    const { viewers, append, log } = roomOf();
    const cursors = [1, 2, 3].map((value) => {
      append(value);
      return log.head;
    });
    for (const [at, since] of [BEGINNING, ...cursors].entries()) {
      const socket = new Socket();
      viewers.join(socket, since, ANYBODY, log.logId);
      expect(socket.said[0]).toMatchObject({ type: "hello", log: log.logId });
      expect(values(socket)).toEqual([1, 2, 3].slice(at));
      expect(socket.said.at(-1)).toMatchObject({ type: "caught_up", complete: true });
    }
  });

  it("of a log that handed over is replayed from Postgres on", async () => {
    const old = {
      cursor: (NOW_US - 50) as number as Cursor,
      count: 1,
      text: JSON.stringify({ kind: "metric", ts: NOW_US, metric: "m", value: 0 }),
    };
    const { viewers, append, former } = roomOf({ frames: [old] });
    append(1);
    former.add(OTHER);
    const socket = new Socket();
    viewers.join(socket, (NOW_US - 100) as number as Cursor, ANYBODY, OTHER);
    await settle();
    expect(socket.types).toEqual(["hello", "events", "events", "caught_up"]);
    expect(values(socket)).toEqual([0, 1]);
    expect(socket.said.at(-1)).toMatchObject({ complete: true });
  });

  it.each([
    ["of a log that nobody knows", OTHER, -1],
    ["ahead of this log, as where a copy of the disk was put back", null, 3_000_000],
    ["ahead of it, of a log that handed over", "handed-over" as LogId, 1],
  ])("%s is told a reset, the last values, and what comes from there on", (_, named, ahead) => {
    const { viewers, append, log, former } = roomOf();
    former.add("handed-over" as LogId);
    append(1);
    append(2);
    const { head } = log;
    const since = (head + ahead) as Cursor;
    const socket = new Socket();
    viewers.join(socket, since, ANYBODY, named ?? log.logId);
    expect(socket.said).toMatchObject([
      { type: "hello", cursor: head, log: log.logId },
      { type: "gap", from: since, to: head, reason: "reset", dropped: null },
      { type: "snapshot", cursor: head, metrics: [{ value: 2 }] },
      { type: "caught_up", cursor: head, replayed: 0, complete: false },
    ]);
    append(3);
    expect(values(socket)).toEqual([3]);
    // It may have acknowledged what it came with before it heard that this means nothing here.
    const viewer = viewers.viewerOf(socket) ?? expect.fail("no viewer");
    viewers.acknowledged(viewer, since);
    viewers.acknowledged(viewer, log.head);
    expect(socket.closed).toBeNull();
  });

  it("of no log is at a place or a time, as ever, and ahead of the log at its head", () => {
    const { viewers, append, log } = roomOf();
    append(1);
    const [behind, ahead] = [new Socket(), new Socket()];
    viewers.join(behind, BEGINNING, ANYBODY, null);
    viewers.join(ahead, (log.head + 9) as Cursor, ANYBODY, null);
    expect(behind.types).toEqual(["hello", "events", "caught_up"]);
    expect(ahead.types).toEqual(["hello", "caught_up"]);
  });

  it("INV-4 of another log while the live stream is behind the head gets every frame behind the gap once", async () => {
    const { viewers, append, time, log } = roomOf({ pauseMs: 50 });
    viewers.join(new Socket(), null, ANYBODY);
    for (const value of [1, 2, 3]) append(value);
    const socket = new Socket();
    viewers.join(socket, BEGINNING, ANYBODY, OTHER);
    const { head } = log;
    expect(socket.said.at(-1)).toMatchObject({ type: "gap", from: BEGINNING, to: head });
    append(4);
    await time.pass(300);
    expect(values(socket)).toEqual([4]);
    const types = socket.types;
    expect(types.filter((type) => type === "snapshot")).toHaveLength(1);
    expect(types.indexOf("caught_up")).toBe(types.indexOf("snapshot") + 1);
  });
});

describe("F-2 an ack", () => {
  const NEVER_SENT = (NOW_US + 5_000_000) as number as Cursor;

  it("of what was not sent closes, whether the viewer is live or replays", () => {
    const { viewers, append, log } = roomOf();
    for (let value = 0; value < 40; value += 1) append(value);
    const [live, replaying] = [new Socket(), new Socket()];
    viewers.join(live, null, ANYBODY);
    viewers.join(replaying, (NOW_US - 1) as number as Cursor, ANYBODY);
    expect(replaying.said.at(-1)?.type).toBe("events");
    for (const socket of [live, replaying]) {
      const viewer = viewers.viewerOf(socket) ?? expect.fail("no viewer");
      viewers.acknowledged(viewer, (log.head + (socket === live ? 1 : 0)) as Cursor);
      expect(socket.closed).toEqual(CLOSE_CODES.acknowledgedUnsent);
    }
    expect(viewers.size).toBe(0);
  });

  it("of the cursor that the viewer came with is right, also where that is ahead of the log, and frees nothing", () => {
    const { viewers, append, log } = roomOf();
    append(0);
    const [behind, ahead] = [new Socket(), new Socket()];
    viewers.join(behind, log.head, ANYBODY);
    viewers.join(ahead, NEVER_SENT, ANYBODY);
    const known = [behind, ahead].map(
      (socket) => viewers.viewerOf(socket) ?? expect.fail("no viewer"),
    );
    viewers.acknowledged(known[0] as Viewer, log.head);
    for (let value = 0; value < 60; value += 1) {
      append(value);
      viewers.acknowledged(known[1] as Viewer, NEVER_SENT);
    }
    expect([behind.closed, ahead.closed]).toEqual([null, null]);
    const sentBytes = ahead.said.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
    expect(sentBytes).toBeLessThan(50_000);
    viewers.acknowledged(known[1] as Viewer, (NEVER_SENT + 1) as Cursor);
    expect(ahead.closed).toEqual(CLOSE_CODES.acknowledgedUnsent);
  });

  it("is held to what was sent before a sleep", () => {
    const { viewers, append, log, wake } = roomOf();
    append(1);
    const socket = new Socket();
    viewers.join(socket, null, ANYBODY);
    append(2);
    const woken = wake();
    woken.rejoin(socket, socket.attachment ?? expect.fail("no attachment"));
    const viewer = woken.viewerOf(socket) ?? expect.fail("no viewer");
    woken.acknowledged(viewer, log.head);
    expect(socket.closed).toBeNull();
    woken.acknowledged(viewer, (log.head + 1) as Cursor);
    expect(socket.closed).toEqual(CLOSE_CODES.acknowledgedUnsent);
  });
});

describe("M-2 INV-5 who is answered nothing but errors", () => {
  it("is closed after a window of them", () => {
    const { viewers } = roomOf();
    const socket = new Socket();
    viewers.join(socket, null, ANYBODY);
    const viewer = viewers.viewerOf(socket) ?? expect.fail("no viewer");
    for (let said = 0; said < 1_000 && socket.closed === null; said += 1) {
      viewers.sendError(viewer, "what is that?");
    }
    expect(socket.closed).toEqual(CLOSE_CODES.tooManyMessages);
  });
});

describe("A-3 A-4 a token that ends", () => {
  it("closes its socket before anything more is sent, and no other", async () => {
    const { viewers, append, time } = roomOf();
    const [short, long] = [new Socket(), new Socket()];
    viewers.join(short, null, { key: "a", expiresAtMs: time.nowMs() + 1_000 });
    viewers.join(long, null, { key: "b", expiresAtMs: time.nowMs() + 5_000 });
    expect(viewers.nextEndMs).toBe(time.nowMs() + 1_000);
    await time.pass(999);
    append(1);
    await time.pass(1);
    append(2);
    expect(short.closed).toEqual(CLOSE_CODES.tokenExpired);
    expect(short.types.filter((type) => type === "events")).toHaveLength(1);
    expect(long.types.filter((type) => type === "events")).toHaveLength(2);
    expect(viewers.nextEndMs).toBe(time.nowMs() + 4_000);
    await time.pass(4_000);
    viewers.idleCheck();
    expect(long.closed).toEqual(CLOSE_CODES.tokenExpired);
    expect(viewers.nextEndMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("L-5 L-6 the sockets of one viewer", () => {
  it("are counted, and their messages together", () => {
    const { viewers } = roomOf();
    const [one, two, other] = [new Socket(), new Socket(), new Socket()];
    const holder = { key: "a", expiresAtMs: null };
    for (const socket of [one, two]) viewers.join(socket, null, holder);
    viewers.join(other, null, { key: "b", expiresAtMs: null });
    viewers.join(new Socket(), null, ANYBODY);
    expect(["a", "b", "c", null].map((key) => viewers.socketsOf(key))).toEqual([2, 1, 0, 0]);
    const rates = [one, two, other].map((socket) => viewers.viewerOf(socket)?.messages);
    expect(rates[0]).toBe(rates[1]);
    expect(rates[0]).not.toBe(rates[2]);
    viewers.leave(one);
    viewers.leave(one);
    expect(viewers.socketsOf("a")).toBe(1);
  });
});

describe("S-2 viewers without a past that come together", () => {
  it("are told the same last values, and those who come later the newer ones", () => {
    const { viewers, append } = roomOf();
    const join = () => {
      const socket = new Socket();
      viewers.join(socket, null, ANYBODY);
      return socket.said.find((message) => message.type === "snapshot");
    };
    append(1);
    const [first, second] = [join(), join()];
    append(2);
    expect(first).toMatchObject({ metrics: [{ value: 1 }] });
    expect(second).toEqual(first);
    expect(join()).toMatchObject({ metrics: [{ value: 2 }] });
  });
});

describe("X-1 a viewer that is closed", () => {
  it("gets the code of the reason and is forgotten", () => {
    const { viewers, append } = roomOf();
    const socket = new Socket();
    viewers.join(socket, null, ANYBODY);
    const viewer = viewers.viewerOf(socket) ?? expect.fail("no viewer");
    viewers.close(viewer, "silent");
    expect(socket.closed).toEqual(CLOSE_CODES.silent);
    append(1);
    expect(socket.types).not.toContain("events");
    expect(viewers.size).toBe(0);
  });
});
