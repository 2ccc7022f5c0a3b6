import { describe, expect, it } from "vitest";
import { CLOSE_CODES } from "../../../../src/protocol/socket/close-codes.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { settle } from "../fake-time.ts";
import { ANYBODY, roomOf, Socket } from "./watched-room.ts";

describe("E-4 the pause of a busy room", () => {
  it("is no longer than it was where the clock is turned back by an hour", async () => {
    const { viewers, append, time } = roomOf({ pauseMs: 50 });
    const socket = new Socket();
    viewers.join(socket, null, ANYBODY);
    append(1);
    await time.pass(60);
    time.turnBack(3_600_000);
    append(2);
    await time.pass(50);
    expect(socket.types.filter((type) => type === "events")).toHaveLength(2);
  });
});

describe("E-4 the fan-out to many", () => {
  const eventsOf = (sockets: readonly Socket[]) =>
    sockets.map(({ types }) => types.filter((type) => type === "events").length);
  function crowdOf(count: number) {
    const room = roomOf({ sendMs: 1 });
    const join = (since: Cursor | null = null) => {
      const socket = new Socket();
      room.viewers.join(socket, since, ANYBODY);
      return socket;
    };
    const sockets = Array.from({ length: count }, () => join());
    const acknowledge = (socket: Socket, cursor: Cursor) =>
      room.viewers.acknowledged(room.viewers.viewerOf(socket) ?? expect.fail("no viewer"), cursor);
    return { ...room, join, sockets, acknowledge };
  }

  it("is done before whoever appended goes on where they are few", () => {
    const { append, sockets } = crowdOf(1);
    append(1);
    expect(eventsOf(sockets)).toEqual([1]);
  });

  it("lets the acknowledgement go first, and then goes slice by slice", async () => {
    const { append, sockets, time } = crowdOf(5);
    append(1);
    await settle();
    const counts = [eventsOf(sockets)];
    for (let turn = 0; turn < 3; turn += 1) {
      await time.turn();
      counts.push(eventsOf(sockets));
    }
    expect(counts).toEqual([
      [0, 0, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [1, 1, 1, 1, 0],
      [1, 1, 1, 1, 1],
    ]);
  });

  it("INV-2 INV-4 brings what is appended between slices later, and once to whoever joins or leaves there", async () => {
    const { append, sockets, time, join, viewers, log } = crowdOf(4);
    const before = log.head;
    append(1);
    await time.turn();
    append(2);
    const [fresh, returning] = [join(), join(before)];
    viewers.leave(sockets[3] as Socket);
    await time.pass(1);
    expect(eventsOf(sockets)).toEqual([2, 2, 2, 0]);
    expect(fresh.types).toEqual(["hello", "snapshot", "caught_up"]);
    expect(returning.said.slice(1)).toMatchObject([
      { type: "events", events: Array(50).fill({ value: 1 }) },
      { type: "caught_up", replayed: 50, complete: true },
      { type: "events", events: Array(50).fill({ value: 2 }) },
    ]);
  });

  it("F-2 takes an ack of who has been sent to, and closes who has not and says so", async () => {
    const { append, sockets, time, log, acknowledge } = crowdOf(4);
    append(1);
    await time.turn();
    acknowledge(sockets[0] as Socket, log.head);
    acknowledge(sockets[3] as Socket, log.head);
    await time.pass(1);
    expect(sockets.map(({ closed }) => closed?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      CLOSE_CODES.acknowledgedUnsent.code,
    ]);
    expect(eventsOf(sockets)).toEqual([1, 1, 1, 0]);
  });

  it("A-4 does not send to whom a slice comes too late", async () => {
    const { append, time, viewers } = crowdOf(4);
    const socket = new Socket();
    viewers.join(socket, null, { key: "a", expiresAtMs: time.nowMs() + 1 });
    append(1);
    await time.turn();
    time.turnBack(-1);
    await time.pass(1);
    expect([socket.closed, socket.types.includes("events")]).toEqual([
      CLOSE_CODES.tokenExpired,
      false,
    ]);
  });

  it("INV-2 sends nobody anything twice where all leave in the middle and others come", async () => {
    const { append, sockets, time, join, viewers } = crowdOf(4);
    append(1);
    await time.turn();
    for (const socket of sockets) viewers.leave(socket);
    append(2);
    const fresh = join();
    await time.pass(1);
    append(3);
    await time.pass(1);
    expect(fresh.types).toEqual(["hello", "snapshot", "caught_up", "events"]);
  });

  it("S-5 comes to the head of the log for who is owed a snapshot, however much is appended between slices", async () => {
    const { append, time, viewers } = roomOf({ sendMs: 1, isAway: true });
    for (let count = 0; count < 5; count += 1) viewers.join(new Socket(), null, ANYBODY);
    append(0);
    const socket = new Socket();
    let appended = 0;
    const appendAlways = async () => {
      for (; appended < 100 && !socket.types.includes("caught_up"); appended += 1) {
        append(appended);
        await time.wait(0);
      }
    };
    // When Postgres is given up, the log has just grown.
    void time.wait(2_000).then(appendAlways);
    viewers.join(socket, 0 as Cursor, ANYBODY);
    await time.pass(2_000);
    expect(appended).toBeLessThan(5);
    expect(socket.types.slice(-2)).toEqual(["snapshot", "caught_up"]);
  });
});
