import { describe, expect, test } from "vitest";
import { backoffMs } from "../../../client/backoff.ts";
import { decode } from "../../../client/decode.ts";
import type { Delivery, Place } from "../../../client/state.ts";
import { openTape, type TapeOptions } from "../../../client/tape.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { fakeRoom } from "./fake-room.ts";

function watch(room: ReturnType<typeof fakeRoom>, options: Partial<TapeOptions> = {}) {
  const deliveries: Delivery[] = [];
  const words: string[] = [];
  const tape = openTape(
    {
      baseUrl: "http://room.test",
      symbol: "BTC/USD",
      onDelivery: (delivery) => deliveries.push(delivery),
      onStatus: (status) => words.push(status.words),
      ...options,
    },
    room.deps(),
  );
  return { tape, deliveries, words };
}

describe("the way to the room", () => {
  test.each([
    ["http://room.test/", "ws://room.test/ws/A"],
    ["https://room.test//", "wss://room.test/ws/A"],
    [" https://room.test/tape/ ", "wss://room.test/tape/ws/A"],
    ["HTTP://room.test:8787", "ws://room.test:8787/ws/A"],
  ])("%j is where %s is", (baseUrl, url) => {
    const room = fakeRoom();
    watch(room, { baseUrl, symbol: "A" });
    expect(room.connections[0]?.url).toBe(url);
  });

  test.each([
    [{ baseUrl: "room.test" }, "baseUrl must be an address"],
    [{ baseUrl: "" }, "baseUrl must be an address"],
    [{ baseUrl: "ws://room.test" }, "baseUrl must be an address"],
    [{ baseUrl: "http://room.test/?a=1" }, "with a path at most"],
    [{ symbol: "" }, "symbol must name one"],
    [{ symbol: ".." }, "symbol must name one"],
    [{ symbol: "\ud800" }, "symbol must name one"],
  ])("%j is refused at once, for no retry would mend it", (wrong, words) => {
    expect(() => watch(fakeRoom(), wrong)).toThrow(words);
  });

  test("the symbol is escaped, the cursor is in the query, the token is in a subprotocol and in no URL", async () => {
    const room = fakeRoom();
    watch(room, { token: "a.b.c", since: 42 as Cursor });
    expect(room.connections[0]).toMatchObject({
      url: "ws://room.test/ws/BTC%2FUSD?since=42",
      protocols: ["edgetape.v1", "bearer.a.b.c"],
    });
  });

  test("a fresh viewer goes from connecting over catching up to live", async () => {
    const room = fakeRoom();
    const { words } = watch(room);
    await room.clock.advance(100);
    expect(words).toEqual(["connecting", "catching up", "live"]);
  });

  test("C-3 F-2 a cursor ahead of the log counts as its newest: what comes is delivered and acked", async () => {
    const room = fakeRoom();
    const { deliveries } = watch(room, { since: 9_000_000 as Cursor });
    await room.clock.advance(100);
    room.append(1, 2);
    await room.clock.advance(5_500);
    expect(deliveries.map(({ type }) => type)).toContain("events");
    expect(room.acks.at(-1)).toBe(room.head());
  });

  test("after three failures it polls with the same cursor, and climbs back to the socket", async () => {
    const room = fakeRoom();
    const { tape, words } = watch(room, { since: 1_000 as Cursor });
    room.refuseSockets = true;
    await room.clock.advance(5_000);
    expect(tape.status().words).toBe("polling");
    expect(room.connections.length).toBeGreaterThanOrEqual(3);
    expect(room.polls[0]).toBe("http://room.test/api/rooms/BTC%2FUSD/events?wait=20&since=1000");
    room.refuseSockets = false;
    await room.clock.advance(31_000);
    expect(tape.status().words).toBe("live");
    expect(words).toContain("polling");
  });

  test("a server that is gone altogether is waited for in words with seconds", async () => {
    const room = fakeRoom();
    const { tape } = watch(room);
    room.refuseSockets = true;
    room.refusePolls = true;
    await room.clock.advance(6_000);
    expect(tape.status().words).toMatch(/^reconnecting in \d+ s$/);
  });
});

describe("INV-2 reconnecting", () => {
  test("the first attempt connects, with a cursor too; the next ones reconnect", async () => {
    const room = fakeRoom();
    const { tape } = watch(room, { since: 1 as Cursor });
    expect(tape.status().words).toBe("connecting");
    await room.clock.advance(100);
    room.close(1006);
    room.notice("woke");
    expect(tape.status().words).toBe("reconnecting now");
  });

  test("10 s without a word ends the connection, and the next continues at the cursor", async () => {
    const room = fakeRoom();
    const { tape } = watch(room);
    await room.clock.advance(100);
    room.append(1, 1);
    const cursor = tape.cursor();
    room.silent = true;
    await room.clock.advance(9_000);
    expect(room.connections).toHaveLength(1);
    await room.clock.advance(2_000);
    expect(room.connections[1]?.url).toContain(`since=${cursor}`);
  });

  test("a socket that ends with an error and no close has ended (Node 22.12)", async () => {
    const room = fakeRoom();
    const { tape } = watch(room);
    room.connections[0]?.socket.onerror?.({});
    expect(tape.status().words).toBe("reconnecting in 1 s");
    await room.clock.advance(2_000);
    expect(tape.status().words).toBe("live");
  });

  test("a machine that slept reconnects at once", async () => {
    const room = fakeRoom();
    watch(room);
    await room.clock.advance(100);
    await room.clock.sleep(3_600_000);
    expect(room.connections).toHaveLength(2);
  });

  test.each(["wentOnline", "woke"] as const)("%s ends the waiting at once", async (event) => {
    const room = fakeRoom();
    const { tape } = watch(room);
    await room.clock.advance(100);
    room.close(1006);
    expect(tape.status().kind).toBe("reconnecting");
    room.notice(event);
    expect(room.connections).toHaveLength(2);
  });

  test("offline is said, and still looked at now and then, for the browser can be wrong", async () => {
    const room = fakeRoom();
    const { tape } = watch(room);
    await room.clock.advance(100);
    room.notice("wentOffline");
    expect(tape.status().words).toBe("live");
    room.close(1006);
    expect(tape.status().words).toBe("offline");
    await room.clock.advance(31_000);
    expect(tape.status().words).toBe("live");
  });

  test.each([1008, 4500, 4503, 4999])("close code %i is final", async (code) => {
    const room = fakeRoom();
    const { tape } = watch(room);
    await room.clock.advance(100);
    room.close(code);
    await room.clock.advance(600_000);
    expect(tape.status().kind).toBe("closed");
    expect(room.connections).toHaveLength(1);
  });

  test.each(["socket", "events"])(
    "the end of a token is not, where another one can be had, by %s",
    async (way) => {
      const room = fakeRoom();
      room.refuseSockets = way === "events";
      room.refuseEvents = false;
      const { tape } = watch(room, { token: async () => "t" });
      await room.clock.advance(6_000);
      expect(tape.status().words).toBe("live");
      room.close(4503);
      await room.clock.advance(10_000);
      expect(tape.status().words).toBe("live");
    },
  );

  test.each([401, 403, 404])("HTTP %i to a poll is final", async (status) => {
    const room = fakeRoom();
    const { tape } = watch(room);
    room.refuseSockets = true;
    room.refusePolls = status;
    await room.clock.advance(60_000);
    expect(tape.status().kind).toBe("closed");
    expect(room.polls).toHaveLength(1);
  });

  test("a stable connection starts the backoff anew, a flapping one does not", async () => {
    const room = fakeRoom();
    const { tape } = watch(room);
    for (let i = 0; i < 2; i++) {
      await room.clock.advance(2_000);
      room.close(1006);
    }
    await room.clock.advance(20_000);
    room.close(1006);
    expect(tape.status().words).toBe("reconnecting in 1 s");
    for (let i = 0; i < 2; i++) {
      await room.clock.advance(3_000);
      room.close(1006);
    }
    await room.clock.advance(100);
    expect(tape.status().words).toBe("polling");
  });

  test("words before hello are never passed over: the attempt counts as failed", async () => {
    const room = fakeRoom();
    const { tape, deliveries } = watch(room, { since: 1_000 as Cursor });
    const text = '{"type":"events","cursor":1007,"events":[]}';
    room.connections[0]?.socket.onmessage?.({ data: text });
    expect(tape.status().kind).toBe("reconnecting");
    expect(tape.cursor()).toBe(1_000);
    expect(deliveries).toEqual([]);
  });

  test("a snapshot in the middle is no position: frames up to its cursor are still delivered", async () => {
    const room = fakeRoom();
    const { deliveries } = watch(room, { since: 1_000 as Cursor });
    await room.clock.advance(100);
    const say = (message: object) =>
      room.connections[0]?.socket.onmessage?.({ data: JSON.stringify(message) });
    say({ type: "gap", from: 1_000, to: 1_010, reason: "slow", dropped: 3 });
    say({ type: "snapshot", cursor: 1_050, metrics: [], bar: null, trade: null });
    say({ type: "events", cursor: 1_020, events: [] });
    expect(deliveries.slice(-3).map((d) => d.type)).toEqual(["gap", "snapshot", "events"]);
  });
});

describe("C-6 the log that a cursor is of", () => {
  const reset = (deliveries: Delivery[]) =>
    deliveries.filter((each) => each.type === "gap" && each.reason === "reset");

  test("goes with it from the first delivery on, to sockets and to polls, and is there to be kept", async () => {
    const room = fakeRoom();
    const places: Place[] = [];
    const { tape } = watch(room, {
      since: 1_000 as Cursor,
      onDelivery: (_, place) => places.push(place),
    });
    expect(tape.log()).toBeNull();
    await room.clock.advance(100);
    room.append(1, 1);
    expect(places.at(-1)).toEqual({ cursor: room.head(), log: room.logId() });
    expect([tape.cursor(), tape.log()]).toEqual([room.head(), room.logId()]);
    room.refuseSockets = true;
    room.close(1006);
    await room.clock.advance(10_000);
    const query = `since=${room.head()}&log=log-0`;
    expect(room.connections.map(({ url }) => url.split("?")[1])).toEqual([
      "since=1000",
      ...Array(room.connections.length - 1).fill(query),
    ]);
    expect(room.polls[0]).toContain(`?wait=20&${query}`);
  });

  test("is not taken for that of a new log as long as the tape stands where the old one was", async () => {
    const room = fakeRoom();
    const { tape, deliveries } = watch(room, { since: 1_000 as Cursor });
    room.append(3, 1);
    await room.clock.advance(100);
    room.beginAnew(-7);
    room.notice("woke");
    const newest = room.connections.at(-1);
    expect(newest?.open).toBe(true);
    // `hello` of the new log has come where the gap has not: what is asked for next is still of the old one.
    newest?.socket.onmessage?.({
      data: '{"type":"hello","cursor":1014,"log":"log-1","heartbeat_ms":5000,"window":6000}',
    });
    room.close(1006);
    await room.clock.advance(3_000);
    expect(room.connections.at(-1)?.url).toContain("since=1021&log=log-0");
    expect(reset(deliveries)).toMatchObject([{ from: 1_021, to: 1_014 }]);
    room.append(1, 1);
    expect(deliveries.at(-1)).toMatchObject({ type: "events", cursor: 1_021 });
    expect([tape.cursor(), tape.log()]).toEqual([1_021, "log-1"]);
  });

  test.each([
    ["a socket", false],
    ["a poll", true],
  ])("that was kept is given back; one of before a loss is told by %s, once", async (_, polls) => {
    const room = fakeRoom();
    room.append(2, 1);
    const kept = { since: room.head() as Cursor, log: room.logId() as LogId };
    room.beginAnew(polls ? -14 : 40);
    room.append(1, 1);
    room.refuseSockets = polls;
    const { tape, deliveries } = watch(room, kept);
    await room.clock.advance(5_000);
    expect(deliveries[0]).toMatchObject({ type: "gap", from: kept.since, to: room.head() });
    expect(reset(deliveries)).toHaveLength(1);
    room.append(1, 1);
    await room.clock.advance(5_000);
    expect(deliveries.at(-1)).toMatchObject({ type: "events", cursor: room.head() });
    expect(tape.log()).toBe(room.logId());
  });

  test("is null with a server that names none, and a cursor ahead counts as the newest, polled too", async () => {
    const room = fakeRoom();
    room.namesLog = false;
    room.refuseSockets = true;
    const { tape, deliveries } = watch(room, { since: 9_000_000 as Cursor, log: "x" as LogId });
    await room.clock.advance(5_000);
    room.append(1, 1);
    await room.clock.advance(5_000);
    expect(deliveries).toMatchObject([{ type: "events", cursor: room.head() }]);
    expect(tape.log()).toBeNull();
  });

  test("without a cursor is refused at once", () => {
    expect(() => watch(fakeRoom(), { log: "x" as LogId })).toThrow("log needs since");
  });
});

describe("a consumer that throws", () => {
  test("gets the same delivery again, by the next connection, and the error is reported", async () => {
    const room = fakeRoom();
    const got: number[] = [];
    let throwsLeft = 2;
    const { tape } = watch(room, {
      since: 1_000 as Cursor,
      onDelivery(delivery) {
        if (delivery.type !== "events") return;
        if (delivery.cursor >= 1_014 && throwsLeft-- > 0) throw new Error("not now");
        for (const event of delivery.events) if (event.kind === "metric") got.push(event.value);
      },
    });
    await room.clock.advance(100);
    for (let i = 0; i < 3; i++) room.append(1, 1);
    expect(tape.cursor()).toBe(1_007);
    expect(tape.status().kind).toBe("reconnecting");
    expect(room.acks.every((cursor) => cursor <= 1_007)).toBe(true);
    await room.clock.advance(10_000);
    expect(room.reported.map(String)).toEqual(["Error: not now", "Error: not now"]);
    expect(got).toEqual([1, 2, 3]);
    expect(tape.status().words).toBe("live");
    expect(tape.cursor()).toBe(1_021);
  });

  test("has it again by polling too", async () => {
    const room = fakeRoom();
    let threw = false;
    const got: number[] = [];
    room.refuseSockets = true;
    watch(room, {
      since: 1_000 as Cursor,
      onDelivery(delivery) {
        if (delivery.type !== "events") return;
        if (!threw) {
          threw = true;
          throw new Error("not now");
        }
        for (const event of delivery.events) if (event.kind === "metric") got.push(event.value);
      },
    });
    room.append(2, 1);
    await room.clock.advance(60_000);
    expect(threw).toBe(true);
    expect(got).toEqual([1, 2]);
  });

  test("in onStatus breaks nothing", async () => {
    const room = fakeRoom();
    const { tape } = watch(room, {
      onStatus() {
        throw new Error("status");
      },
    });
    await room.clock.advance(100);
    expect(tape.status().words).toBe("live");
    expect(room.reported).toHaveLength(3);
  });
});

describe("keeping up", () => {
  test("it pings each 5 s, and acks the cursor within 5 s of the last word", async () => {
    const room = fakeRoom();
    const { tape } = watch(room);
    await room.clock.advance(100);
    room.append(1, 1);
    await room.clock.advance(5_500);
    expect(room.acks.at(-1)).toBe(tape.cursor());
    await room.clock.advance(15_600);
    const between = room.pings.slice(1).map((at, i) => at - (room.pings[i] ?? 0));
    expect(between).toEqual([5_000, 5_000, 5_000]);
  });

  test("a consumer that closes inside a delivery is told nothing more", async () => {
    const room = fakeRoom();
    const got: string[] = [];
    const tape = openTape(
      {
        baseUrl: "http://room.test",
        symbol: "A",
        onDelivery: (delivery) => {
          got.push(delivery.type);
          tape.close();
        },
      },
      room.deps(),
    );
    await room.clock.advance(60_000);
    expect(got).toEqual(["snapshot"]);
    expect(room.living()).toHaveLength(0);
    expect(room.clock.pendingTimers()).toBe(0);
  });
});

test("backoff spans half a second to a doubling ceiling of at most 30 s", () => {
  expect([1, 2, 3, 6, 50].map((failures) => backoffMs(failures, 0))).toEqual(Array(5).fill(500));
  expect([1, 2, 3, 6, 50].map((failures) => backoffMs(failures, 1))).toEqual([
    1_000, 2_000, 4_000, 30_000, 30_000,
  ]);
});

test.each([
  ["pong", "pong"],
  ['{"type":"tomorrow","x":1}', "unknown"],
  ['{"type":"constructor"}', "unknown"],
  ["{", "broken"],
  ["null", "broken"],
  ['{"type":"events","cursor":"7","events":[]}', "broken"],
  ['{"type":"events","cursor":7}', "broken"],
  ['{"type":"caught_up","cursor":7,"replayed":0,"complete":true}', "delivery"],
])("%s is %s", (text, kind) => {
  expect(decode(text).kind).toBe(kind);
});
