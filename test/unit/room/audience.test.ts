import { describe, expect, it } from "vitest";
import { Audience, type AudienceDeps } from "../../../durable/room/audience.ts";
import { RoomLog } from "../../../durable/room/log.ts";
import type { LogFrame } from "../../../durable/room/log-row.ts";
import { RoomState } from "../../../durable/room/room-state.ts";
import type {
  Holder,
  Viewer,
  ViewerAttachment,
  ViewerSocket,
} from "../../../durable/room/viewer.ts";
import { CLOSE_CODES } from "../../../src/protocol/close-codes.ts";
import type { ServerMessage } from "../../../src/protocol/server-message.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { FakeTime, settle } from "./fake-time.ts";
import { memorySql } from "./sqlite-port.ts";

const ANYBODY: Holder = { key: null, expiresAtMs: null };
const NOW_US = 1_700_000_000_000_000 as EpochUs;

class Socket implements ViewerSocket {
  readonly said: ServerMessage[] = [];
  attachment: ViewerAttachment | null = null;
  attempts = 0;
  failsFrom = Number.POSITIVE_INFINITY;
  closed: { code: number; reason: string } | null = null;

  send(text: string): void {
    this.attempts += 1;
    if (this.attempts >= this.failsFrom) throw new TypeError("closed");
    this.said.push(JSON.parse(text) as ServerMessage);
  }
  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
  saveAttachment(attachment: ViewerAttachment): void {
    this.attachment = structuredClone(attachment);
  }
  pingedMs(): null {
    return null;
  }
  get types(): string[] {
    return this.said.map(({ type }) => type);
  }
}

function roomOf({ pauseMs = 0, frames = [] as LogFrame[], isAway = false } = {}) {
  const time = new FakeTime();
  const sql = memorySql();
  const log = new RoomLog(sql, NOW_US);
  const memory = new RoomState(sql, log);
  const deps: AudienceDeps = {
    symbol: "BTC-USD" as SymbolName,
    log,
    windowBytes: 40_000,
    pace: { messagesAFlush: 1, pauseMs: () => pauseMs },
    foldToHead: () => memory.foldToHead(),
    flushed: () => undefined,
    takeBars: (after, through) => memory.takeBars(after, through),
    readArchive: async (_, upTo) => {
      if (!isAway) return { kind: "frames", frames, through: upTo };
      await time.wait(2_000);
      return { kind: "unavailable" };
    },
    nowMs: time.nowMs,
    wait: time.wait,
    keepAwake: (work) => void work,
  };
  const wake = () => new Audience(deps);
  const audience = wake();
  /** Appends a frame of 50 points that carry `value`. */
  const append = (value: number) => {
    const event = JSON.stringify({ kind: "metric", ts: NOW_US, metric: "m", value });
    log.append([{ text: Array(50).fill(event).join(","), count: 50 }], NOW_US);
    audience.published();
  };
  return { time, log, audience, append, wake };
}

describe("INV-5 a socket that fails", () => {
  it("while it is told that it has caught up, is not live", async () => {
    const { audience, append } = roomOf();
    const witness = new Socket();
    audience.join(witness, null, ANYBODY);
    const socket = new Socket();
    socket.failsFrom = 3;
    audience.join(socket, null, ANYBODY);
    expect(socket.types).toEqual(["hello", "snapshot"]);
    append(1);
    await settle();
    expect(witness.types.at(-1)).toBe("events");
    expect(socket.attempts).toBe(3);
    expect(audience.size).toBe(1);
  });

  it("in the middle of a replay is sent nothing more than the page at hand", () => {
    const { audience, append } = roomOf();
    for (let value = 0; value < 40; value += 1) append(value);
    const socket = new Socket();
    socket.failsFrom = 2;
    audience.join(socket, 0 as Cursor, ANYBODY);
    audience.join(socket, NOW_US as number as Cursor, ANYBODY);
    expect(socket.attempts).toBeLessThan(6);
    expect(audience.size).toBe(0);
  });
});

describe("S-5 after a gap", () => {
  it("INV-4 the snapshot waits until the live stream is where the snapshot is", async () => {
    const { audience, append, time, log } = roomOf({ pauseMs: 50, isAway: true });
    const witness = new Socket();
    audience.join(witness, null, ANYBODY);
    append(1);
    const socket = new Socket();
    audience.join(socket, 0 as Cursor, ANYBODY);
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

describe("F-2 an ack", () => {
  const NEVER_SENT = (NOW_US + 5_000_000) as number as Cursor;

  it("of what was not sent closes, whether the viewer is live or replays", () => {
    const { audience, append, log } = roomOf();
    for (let value = 0; value < 40; value += 1) append(value);
    const [live, replaying] = [new Socket(), new Socket()];
    audience.join(live, null, ANYBODY);
    audience.join(replaying, (NOW_US - 1) as number as Cursor, ANYBODY);
    expect(replaying.said.at(-1)?.type).toBe("events");
    for (const socket of [live, replaying]) {
      const viewer = audience.viewerOf(socket) ?? expect.fail("no viewer");
      audience.acknowledged(viewer, (log.head + (socket === live ? 1 : 0)) as Cursor);
      expect(socket.closed).toEqual(CLOSE_CODES.acknowledgedUnsent);
    }
    expect(audience.size).toBe(0);
  });

  it("of the cursor that the viewer came with is right, also where that is ahead of the log, and frees nothing", () => {
    const { audience, append, log } = roomOf();
    append(0);
    const [behind, ahead] = [new Socket(), new Socket()];
    audience.join(behind, log.head, ANYBODY);
    audience.join(ahead, NEVER_SENT, ANYBODY);
    const viewers = [behind, ahead].map(
      (socket) => audience.viewerOf(socket) ?? expect.fail("no viewer"),
    );
    audience.acknowledged(viewers[0] as Viewer, log.head);
    for (let value = 0; value < 60; value += 1) {
      append(value);
      audience.acknowledged(viewers[1] as Viewer, NEVER_SENT);
    }
    expect([behind.closed, ahead.closed]).toEqual([null, null]);
    const sentBytes = ahead.said.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
    expect(sentBytes).toBeLessThan(50_000);
    audience.acknowledged(viewers[1] as Viewer, (NEVER_SENT + 1) as Cursor);
    expect(ahead.closed).toEqual(CLOSE_CODES.acknowledgedUnsent);
  });

  it("is held to what was sent before a sleep", () => {
    const { audience, append, log, wake } = roomOf();
    append(1);
    const socket = new Socket();
    audience.join(socket, null, ANYBODY);
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
    const { audience } = roomOf();
    const socket = new Socket();
    audience.join(socket, null, ANYBODY);
    const viewer = audience.viewerOf(socket) ?? expect.fail("no viewer");
    for (let said = 0; said < 1_000 && socket.closed === null; said += 1) {
      audience.complain(viewer, "what is that?");
    }
    expect(socket.closed).toEqual(CLOSE_CODES.tooManyMessages);
  });
});

describe("A-3 A-4 a token that ends", () => {
  it("closes its socket before anything more is sent, and no other", async () => {
    const { audience, append, time } = roomOf();
    const [short, long] = [new Socket(), new Socket()];
    audience.join(short, null, { key: "a", expiresAtMs: time.nowMs() + 1_000 });
    audience.join(long, null, { key: "b", expiresAtMs: time.nowMs() + 5_000 });
    expect(audience.nextEndMs).toBe(time.nowMs() + 1_000);
    await time.pass(999);
    append(1);
    await time.pass(1);
    append(2);
    expect(short.closed).toEqual(CLOSE_CODES.tokenExpired);
    expect(short.types.filter((type) => type === "events")).toHaveLength(1);
    expect(long.types.filter((type) => type === "events")).toHaveLength(2);
    expect(audience.nextEndMs).toBe(time.nowMs() + 4_000);
    await time.pass(4_000);
    audience.sweep();
    expect(long.closed).toEqual(CLOSE_CODES.tokenExpired);
    expect(audience.nextEndMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("E-4 the pause of a busy room", () => {
  it("is no longer than it was where the clock is turned back by an hour", async () => {
    const { audience, append, time } = roomOf({ pauseMs: 50 });
    const socket = new Socket();
    audience.join(socket, null, ANYBODY);
    append(1);
    await time.pass(60);
    time.turnBack(3_600_000);
    append(2);
    await time.pass(50);
    expect(socket.types.filter((type) => type === "events")).toHaveLength(2);
  });
});

describe("L-5 L-6 the sockets of one viewer", () => {
  it("are counted, and their messages together", () => {
    const { audience } = roomOf();
    const [one, two, other] = [new Socket(), new Socket(), new Socket()];
    const holder = { key: "a", expiresAtMs: null };
    for (const socket of [one, two]) audience.join(socket, null, holder);
    audience.join(other, null, { key: "b", expiresAtMs: null });
    audience.join(new Socket(), null, ANYBODY);
    expect(["a", "b", "c", null].map((key) => audience.socketsOf(key))).toEqual([2, 1, 0, 0]);
    const rates = [one, two, other].map((socket) => audience.viewerOf(socket)?.messages);
    expect(rates[0]).toBe(rates[1]);
    expect(rates[0]).not.toBe(rates[2]);
    audience.leave(one);
    audience.leave(one);
    expect(audience.socketsOf("a")).toBe(1);
  });
});

describe("X-1 a viewer that is dismissed", () => {
  it("is closed with the code of the reason and forgotten", () => {
    const { audience, append } = roomOf();
    const socket = new Socket();
    audience.join(socket, null, ANYBODY);
    const viewer = audience.viewerOf(socket) ?? expect.fail("no viewer");
    audience.dismiss(viewer, "silent");
    expect(socket.closed).toEqual(CLOSE_CODES.silent);
    append(1);
    expect(socket.types).not.toContain("events");
    expect(audience.size).toBe(0);
  });
});
