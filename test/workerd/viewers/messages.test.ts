import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE_CODES } from "../../../src/protocol/socket/close-codes.ts";
import { eventsSchema } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import {
  ask,
  closeSockets,
  hostStubOf,
  newSymbol,
  push,
  pushPoints,
  tokenOf,
} from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { numbers, TestViewer } from "../test-viewer.ts";

beforeEach(() => {
  const neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

/** On however slow a machine, what follows happens within a second. */
function stopClock(): void {
  vi.spyOn(Date, "now").mockReturnValue(Date.now());
}

describe("what a viewer may say", () => {
  async function roomWithWitness() {
    const symbol = newSymbol();
    const witness = await TestViewer.join(symbol, 0);
    const talker = await TestViewer.join(symbol, 0);
    for (const viewer of [witness, talker]) {
      await viewer.expect("hello");
      await viewer.expect("caught_up");
    }
    const roomGoesOn = async () => {
      await pushPoints(symbol, 42);
      expect((await witness.points(1)).values).toEqual([42]);
    };
    return { talker, roomGoesOn, symbol };
  }

  it.each([
    ["garbage", "no protocol message", 'expected a JSON message or the text "ping"'],
    ["another type", '{"type":"shout"}', 'type must be "ack"'],
    ["an ack without a cursor", '{"type":"ack"}', "cursor must be a cursor"],
    ["an ack with more", '{"type":"ack","cursor":1,"x":1}', "x"],
    ["binary", new Uint8Array([1, 2, 3]).buffer, "binary messages mean nothing here"],
  ])("M-2 %s is answered an error, and the room goes on", async (_, data, words) => {
    const { talker, roomGoesOn } = await roomWithWitness();
    talker.send(data as string | ArrayBuffer);
    const error = await talker.expect("error");
    expect(error.code).toBe("bad_message");
    expect(error.message).toContain(words);
    await roomGoesOn();
    expect((await talker.points(1)).values).toEqual([42]);
  });

  it("L-1 closes whoever sends a message over 64 KiB, counted in bytes, and the room goes on", async () => {
    const { talker, roomGoesOn } = await roomWithWitness();
    talker.send("€".repeat(22_000));
    expect(await talker.closedFor("messageTooLarge")).toBe(true);
    await roomGoesOn();
  });

  it("F-2 an ack of what was not sent closes, and one of what was not frees the window", async () => {
    const { talker, roomGoesOn } = await roomWithWitness();
    const ahead = (Date.now() + 3_600_000) * 1_000;
    talker.ack(ahead as Cursor);
    expect(await talker.closedFor("acknowledgedUnsent")).toBe(true);
    await roomGoesOn();
  });

  it("F-2 an ack of a cursor that the viewer came with is right, also where it is ahead of the log", async () => {
    const symbol = newSymbol();
    const cursor = await pushPoints(symbol, 1);
    const ahead = ((Date.now() + 3_600_000) * 1_000) as Cursor;
    for (const since of [cursor, ahead]) {
      const viewer = await TestViewer.join(symbol, since);
      await viewer.expect("hello");
      await viewer.expect("caught_up");
      viewer.ack(since);
      viewer.send("still here?");
      await viewer.expect("error");
      viewer.ack((since + 1) as Cursor);
      expect(await viewer.closedFor("acknowledgedUnsent")).toBe(true);
    }
  });

  it("L-2 closes whoever sends more than 1,000 messages a second, and the room goes on", async () => {
    const { talker, roomGoesOn } = await roomWithWitness();
    stopClock();
    for (let sent = 0; sent < 1_001; sent += 1) talker.send('{"type":"ack","cursor":1}');
    expect(await talker.closedFor("tooManyMessages")).toBe(true);
    await roomGoesOn();
  });

  it("L-6 closes whoever sends them over several sockets", async () => {
    const symbol = newSymbol();
    const token = await tokenOf({ scope: "read" });
    const join = async (bearer: string) => {
      const headers = { upgrade: "websocket", authorization: `Bearer ${bearer}` };
      const viewer = TestViewer.over(await ask(`/ws/${symbol}?since=0`, { headers }));
      await viewer.expect("hello");
      await viewer.expect("caught_up");
      return viewer;
    };
    const sockets = [await join(token), await join(token), await join(token)];
    const other = await join(await tokenOf({ scope: "read", ends: "2h" }));
    stopClock();
    for (let sent = 0; sent < 334; sent += 1) {
      for (const socket of sockets) socket.send('{"type":"ack","cursor":0}');
    }
    const first = await Promise.race(sockets.map(({ closed }) => closed));
    expect(first).toBe(CLOSE_CODES.tooManyMessages.code);
    await pushPoints(symbol, 42);
    expect((await other.points(1)).values).toEqual([42]);
  });

  it("L-5 may not hold more than a hundred sockets in a room with the tokens of one subject", async () => {
    const symbol = newSymbol();
    const connect = async (sub: string, ends: number) => {
      const token = await tokenOf({ scope: "read", sub, ends });
      const headers = { upgrade: "websocket", authorization: `Bearer ${token}` };
      return ask(`/ws/${symbol}`, { headers });
    };
    const startMs = Date.now();
    const hourS = Math.floor(startMs / 1_000) + 3_600;
    const now = vi.spyOn(Date, "now");
    for (let connects = 0; connects < 100; connects += 1) {
      // Ten a minute, so that L-3 does not come first.
      now.mockReturnValue(startMs + Math.floor(connects / 10) * 60_001);
      expect((await connect("ann", hourS + connects)).status).toBe(101);
    }
    now.mockReturnValue(startMs + 660_000);
    const refused = await connect("ann", hourS);
    expect([refused.status, await refused.json()]).toEqual([
      429,
      expect.objectContaining({ type: "urn:edgetape:problem:too-many-sockets" }),
    ]);
    expect((await connect("bob", hourS)).status).toBe(101);
  });

  it("L-2 counts pings as well, though the platform answers them", async () => {
    const { talker, roomGoesOn, symbol } = await roomWithWitness();
    let isOpen = true;
    void talker.closed.then(() => {
      isOpen = false;
    });
    stopClock();
    // The room looks at each alarm, so here it is woken again and again.
    while (isOpen) {
      for (let sent = 0; sent < 100; sent += 1) talker.send("ping");
      await runDurableObjectAlarm(hostStubOf(symbol));
      await scheduler.wait(20);
    }
    expect(await talker.closedFor("tooManyMessages")).toBe(true);
    await roomGoesOn();
  });

  it("L-3 may not connect more than ten times a minute with one token", async () => {
    const symbol = newSymbol();
    const token = await tokenOf({ scope: "read", ends: "1h" });
    const connect = (bearer: string) =>
      ask(`/ws/${symbol}`, {
        headers: { upgrade: "websocket", authorization: `Bearer ${bearer}` },
      });
    for (let connects = 0; connects < 10; connects += 1) {
      expect((await connect(token)).status).toBe(101);
    }
    const refused = await connect(token);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const other = await tokenOf({ scope: "read", ends: "2h" });
    expect((await connect(other)).status).toBe(101);
  });
});

describe("F-1 the window of a viewer", () => {
  it("INV-5 stops a viewer that never acknowledges, and goes on after an ack, also across a sleep", async () => {
    const symbol = newSymbol();
    // 2 MB of points: twice the window.
    const total = 40 * 500;
    const start = (await pushPoints(symbol, 0)) as number;
    for (let batch = 0; batch < 40; batch += 1) await pushWide(symbol, 1 + batch * 500, 500);
    const viewer = await TestViewer.join(symbol, start);
    await viewer.expect("hello");
    let { bytes, cursor, last } = await readAll(viewer);
    expect(bytes).toBeGreaterThan(1024 * 1024);
    expect(bytes).toBeLessThan(1.2 * 1024 * 1024);
    await evictDurableObject(hostStubOf(symbol));
    await pushPoints(symbol, total + 1);
    expect((await readAll(viewer)).bytes).toBe(0);
    while (last < total + 1) {
      viewer.ack(cursor);
      const more = await readAll(viewer, last + 1);
      ({ bytes, cursor, last } = more);
    }
    expect(last).toBe(total + 1);
  });

  /** Reads until the room has nothing more to say, which its answer to garbage shows. */
  async function readAll(viewer: TestViewer, expectFirst?: number) {
    viewer.send("anything more?");
    let bytes = 0;
    let cursor = 0 as Cursor;
    let last = 0;
    let next = expectFirst;
    for (;;) {
      const text = await viewer.nextText();
      const message = JSON.parse(text) as { type: string };
      if (message.type === "error") return { bytes, cursor, last };
      if (message.type !== "events") continue;
      const events = eventsSchema.parse(message);
      bytes += text.length;
      cursor = events.cursor;
      for (const event of events.events) {
        if (event.kind !== "metric") continue;
        if (next !== undefined) expect(event.value).toBe(next);
        next = event.value + 1;
        last = event.value;
      }
    }
  }

  async function pushWide(symbol: string, first: number, count: number): Promise<void> {
    const points = numbers(first, count).map((value) => ({
      symbol,
      metric: "wide".repeat(12),
      value,
    }));
    expect((await push("metrics", points)).status).toBe(202);
  }
});
