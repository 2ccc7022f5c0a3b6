import { expect, test } from "vitest";
import { placeOfEventId, type RoomSocket, roomEvents } from "../../../src/http/room-events.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import { FakeTime, settle } from "../room/fake-time.ts";

const LOG = "a/log" as LogId;
const HELLO = {
  ...{ type: "hello", room: "A", cursor: 5, oldest: 0, log: LOG },
  ...{ heartbeat_ms: 5_000, window: 100 },
};

class FakeRoom implements RoomSocket {
  readonly sent: string[] = [];
  closedWith: number | undefined;
  #message = (_: { data: unknown }) => {};
  #close = (_: { code: number; reason: string }) => {};

  send(text: string): void {
    this.sent.push(text);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === "message") this.#message = listener as never;
    else this.#close = listener as never;
  }
  say(message: object | string): void {
    this.#message({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
  end(code: number): void {
    this.#close({ code, reason: "why" });
  }
}

function follow() {
  const room = new FakeRoom();
  const time = new FakeTime();
  const parts = roomEvents(room, { random: () => 0.5, wait: time.wait });
  return { room, time, parts, next: async () => (await parts.next()).value };
}

test("ST-11: an event has its place as id where it moves the reader, and what was taken is acknowledged", async () => {
  const { room, next } = follow();
  expect(await next()).toBe("retry: 1500\n\n");
  room.say(HELLO);
  room.say({ type: "snapshot", cursor: 5 });
  expect(await next()).toBe(
    `data: ${JSON.stringify(HELLO)}\n\nid: 5/a/log\ndata: {"type":"snapshot","cursor":5}\n\n`,
  );
  room.say({ type: "gap", from: 5, to: 9, reason: "unavailable", dropped: null });
  expect(room.sent).toEqual([]);
  // Asked for the next part, it has taken the one before, which was more than a window.
  expect(await next()).toMatch(/^id: 9\/a\/log\n/);
  expect(room.sent).toEqual(['{"type":"ack","cursor":5}']);
});

test("S-10 ST-11: what is kept of an expired range is still to come, so the gap moves no reader", async () => {
  const { room, next } = follow();
  await next();
  room.say(HELLO);
  room.say({ type: "gap", from: 5, to: 9, reason: "expired", dropped: null });
  expect(await next()).not.toContain("id:");
});

test("ST-11: pings, and comments where nothing else comes", async () => {
  const { room, time, next } = follow();
  await next();
  const part = next();
  room.say("pong");
  await settle();
  await time.pass(5_000);
  expect(room.sent).toEqual(["ping"]);
  await time.pass(5_000);
  expect(await part).toBe(": still here\n\n");
});

test("ST-11: ends with the room, and says so where nobody is to come back", async () => {
  const away = follow();
  await away.next();
  away.room.end(4000);
  expect(await away.parts.next()).toEqual({ done: true, value: undefined });
  const expired = follow();
  await expired.next();
  expired.room.end(4503);
  expect(await expired.next()).toBe('event: end\ndata: {"code":4503,"reason":"why"}\n\n');
  expect((await expired.parts.next()).done).toBe(true);
  const left = follow();
  await left.next();
  await left.parts.return();
  expect(left.room.closedWith).toBe(1000);
});

test("ST-11: an id is read as it was written, and nothing else is one", () => {
  expect(placeOfEventId("12/a/log")).toEqual({ since: "12", log: "a/log" });
  expect(placeOfEventId("12")).toEqual({ since: "12", log: null });
  for (const id of ["", "x", "12/", "12/a b", "-1/a"]) expect(placeOfEventId(id)).toBeNull();
});
