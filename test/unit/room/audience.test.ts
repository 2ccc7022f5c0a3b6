import { describe, expect, it } from "vitest";
import { Audience } from "../../../durable/room/audience.ts";
import { RoomLog } from "../../../durable/room/log.ts";
import type { LogFrame } from "../../../durable/room/log-row.ts";
import { RoomMemory } from "../../../durable/room/memory.ts";
import type { ViewerAttachment, ViewerSocket } from "../../../durable/room/viewer.ts";
import { CLOSE_CODES } from "../../../src/protocol/close-codes.ts";
import type { ServerMessage } from "../../../src/protocol/server-message.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { FakeTime, settle } from "./fake-time.ts";
import { memorySql } from "./sqlite-port.ts";

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
  get types(): string[] {
    return this.said.map(({ type }) => type);
  }
}

function roomOf({ pauseMs = 0, frames = [] as LogFrame[], isAway = false } = {}) {
  const time = new FakeTime();
  const sql = memorySql();
  const log = new RoomLog(sql, NOW_US);
  const memory = new RoomMemory(sql, log);
  const audience = new Audience({
    symbol: "BTC-USD" as SymbolName,
    log,
    windowBytes: 40_000,
    pace: { messagesAFlush: 1, pauseMs: () => pauseMs },
    foldToHead: () => memory.foldToHead(),
    flushed: () => undefined,
    takeBars: (after, through) => memory.takeBars(after, through),
    readArchive: async (_, upTo) =>
      isAway ? { kind: "unavailable" } : { kind: "frames", frames, through: upTo },
    nowMs: time.nowMs,
    wait: time.wait,
    keepAwake: (work) => void work,
  });
  /** Appends a frame of 50 points that carry `value`. */
  const append = (value: number) => {
    const event = JSON.stringify({ kind: "metric", ts: NOW_US, metric: "m", value });
    log.append([{ text: Array(50).fill(event).join(","), count: 50 }], NOW_US);
    audience.published();
  };
  return { time, log, audience, append };
}

describe("INV-5 a socket that fails", () => {
  it("while it is told that it has caught up, is not live", async () => {
    const { audience, append } = roomOf();
    const witness = new Socket();
    audience.join(witness, null, null);
    const socket = new Socket();
    socket.failsFrom = 3;
    audience.join(socket, null, null);
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
    audience.join(socket, 0 as Cursor, null);
    audience.join(socket, NOW_US as number as Cursor, null);
    expect(socket.attempts).toBeLessThan(6);
    expect(audience.size).toBe(0);
  });
});

describe("S-5 after a gap", () => {
  it("INV-4 the snapshot waits until the live stream is where the snapshot is", async () => {
    const { audience, append, time, log } = roomOf({ pauseMs: 50, isAway: true });
    const witness = new Socket();
    audience.join(witness, null, null);
    append(1);
    const socket = new Socket();
    audience.join(socket, 0 as Cursor, null);
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

describe("X-1 a viewer that is dismissed", () => {
  it("is closed with the code of the reason and forgotten", () => {
    const { audience, append } = roomOf();
    const socket = new Socket();
    audience.join(socket, null, null);
    const viewer = audience.viewerOf(socket) ?? expect.fail("no viewer");
    audience.dismiss(viewer, "silent");
    expect(socket.closed).toEqual(CLOSE_CODES.silent);
    append(1);
    expect(socket.types).not.toContain("events");
    expect(audience.size).toBe(0);
  });
});
