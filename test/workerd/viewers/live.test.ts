import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventsSchema } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import {
  ask,
  askEndingSoon,
  closeSockets,
  hostStubOf,
  makeKnown,
  newSymbol,
  push,
  pushPoints,
  tokenOf,
} from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { numbers, TestViewer } from "../test-viewer.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

describe("a viewer of a room", () => {
  it("S-1 S-2 without a past is greeted, shown the last values, and live", async () => {
    const symbol = newSymbol();
    const cursor = await pushPoints(symbol, 1, 3);
    await push("trades", { symbol, price: 5, size: 2 });
    const viewer = await TestViewer.join(symbol);
    const hello = await viewer.expect("hello");
    expect(hello.room).toBe(symbol);
    expect(hello.cursor).toBeGreaterThan(cursor);
    const snapshot = await viewer.expect("snapshot");
    expect(snapshot.cursor).toBe(hello.cursor);
    expect(snapshot.metrics).toEqual([expect.objectContaining({ metric: "load", value: 3 })]);
    expect(snapshot.trade).toMatchObject({ price: 5, size: 2 });
    expect(snapshot.bar).toMatchObject({ open: 5, close: 5, volume: 2, trades: 1 });
    expect(await viewer.expect("caught_up")).toMatchObject({
      cursor: hello.cursor,
      replayed: 0,
      complete: true,
    });
    await pushPoints(symbol, 10, 2);
    expect((await viewer.points(2)).values).toEqual([10, 11]);
  });

  it("INV-2 S-4 with its last cursor gets what it missed, then what comes", async () => {
    const symbol = newSymbol();
    const seen = await pushPoints(symbol, 0, 10);
    const head = await pushPoints(symbol, 10, 120);
    const viewer = await TestViewer.join(symbol, seen);
    await viewer.expect("hello");
    const { values, cursor } = await viewer.points(120);
    expect(values).toEqual(numbers(10, 120));
    expect(cursor).toBe(head);
    expect(await viewer.expect("caught_up")).toMatchObject({ cursor: head, replayed: 120 });
    await pushPoints(symbol, 130);
    expect((await viewer.points(1)).values).toEqual([130]);
  });

  it("E-3 gets the same bytes live, in a replay and in a poll", async () => {
    const symbol = newSymbol();
    const live = await TestViewer.join(symbol, 0);
    await live.expect("hello");
    await live.expect("caught_up");
    const cursor = await pushPoints(symbol, 7, 5);
    const text = await live.nextText();
    const again = await TestViewer.join(symbol, cursor - 1);
    await again.expect("hello");
    expect(await again.nextText()).toBe(text);
    const poll = await ask(`/api/rooms/${symbol}/events?since=${cursor - 1}`, {}, "read");
    const { events } = (await poll.json()) as { events: unknown[] };
    expect(events).toEqual(eventsSchema.parse(JSON.parse(text)).events);
  });

  it("H-1 is answered its ping", async () => {
    const viewer = await TestViewer.join(newSymbol(), 0);
    await viewer.expect("hello");
    await viewer.expect("caught_up");
    viewer.send("ping");
    expect(await viewer.nextText()).toBe("pong");
  });

  it("P-1 P-3 may bring its token in a subprotocol and is answered only edgetape.v1", async () => {
    const token = await tokenOf({ scope: "read" });
    const response = await ask(`/ws/${newSymbol()}`, {
      headers: {
        upgrade: "websocket",
        "sec-websocket-protocol": `edgetape.v1, bearer.${token}`,
      },
    });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("edgetape.v1");
    await TestViewer.over(response).expect("hello");
  });

  it("C-3 may come with a cursor that is ahead, a time, or a symbol with a slash", async () => {
    const symbol = `${newSymbol()}/USD`;
    const before = new Date(Date.now() - 60_000).toISOString();
    await pushPoints(symbol, 1, 2);
    const ahead = await TestViewer.join(symbol, (Date.now() + 3_600_000) * 1_000);
    await ahead.expect("hello");
    expect((await ahead.expect("caught_up")).replayed).toBe(0);
    const response = await ask(
      `/ws/${encodeURIComponent(symbol)}?since=${before}`,
      { headers: { upgrade: "websocket" } },
      "read",
    );
    const byTime = TestViewer.over(response);
    await byTime.expect("hello");
    expect((await byTime.points(2)).values).toEqual([1, 2]);
  });

  it.each([1000, 1001, 3000, 4321])("X-2 that closes with %i is answered", async (code) => {
    const viewer = await TestViewer.join(newSymbol(), 0);
    await viewer.expect("hello");
    viewer.close(code === 1001 ? undefined : code);
    expect(await viewer.closed).toBe(code === 1001 ? 1000 : code);
  });
});

describe("C-1 a clock that is turned back by an hour", () => {
  it("holds up neither acknowledgements, nor viewers, nor storing, nor who comes and goes", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    const startMs = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(startMs + 3_600_000);
    const token = await tokenOf({ scope: "read", ends: Math.floor(startMs / 1_000) + 7_200 });
    const connect = () =>
      ask(`/ws/${symbol}?since=0`, {
        headers: { upgrade: "websocket", authorization: `Bearer ${token}` },
      });
    const viewer = TestViewer.over(await connect());
    for (let connects = 1; connects < 10; connects += 1) await connect();
    expect((await connect()).status).toBe(429);
    await viewer.expect("hello");
    await viewer.expect("caught_up");
    const before = await pushPoints(symbol, 1);
    expect((await viewer.points(1)).values).toEqual([1]);
    await sayMuch(viewer);

    clock.mockReturnValue(startMs);
    const after = await pushPoints(symbol, 2, 3);
    expect(after).toBeGreaterThan(before);
    expect((await viewer.points(3)).values).toEqual([2, 3, 4]);
    // L-2 L-3: what was counted by the old clock is over.
    await sayMuch(viewer);
    expect((await connect()).status).toBe(101);
    // What gathers goes with the next append after a second, or by the alarm.
    clock.mockReturnValue(startMs + 2_000);
    await runDurableObjectAlarm(hostStubOf(symbol));
    await neon.untilStored(symbol, 4);

    // H-2: the room's alarm is not an hour away, and silence is told as soon as ever.
    clock.mockReturnValue(startMs + 8_000);
    await pushPoints(symbol, 5);
    expect((await viewer.points(1)).values).toEqual([5]);
    const { alarmAtMs } = await alarmOf(symbol);
    expect(alarmAtMs).toBeLessThanOrEqual(startMs + 23_000);
    await runDurableObjectAlarm(hostStubOf(symbol));
    clock.mockReturnValue(startMs + 24_000);
    await runDurableObjectAlarm(hostStubOf(symbol));
    expect(await viewer.closedFor("silent")).toBe(true);
  });

  /** Says more than half of what is allowed in a second, and waits until the room has heard it. */
  async function sayMuch(viewer: TestViewer): Promise<void> {
    for (let said = 0; said < 600; said += 1) viewer.send('{"type":"ack","cursor":0}');
    viewer.send("all heard?");
    await viewer.expect("error");
  }
});

describe("a room that sleeps", () => {
  it("INV-2 keeps its viewers live across sleeps between any two steps", async () => {
    const symbol = newSymbol();
    const sleep = () => evictDurableObject(hostStubOf(symbol));
    const viewer = await TestViewer.join(symbol);
    await sleep();
    await viewer.expect("hello");
    await viewer.expect("snapshot");
    await viewer.expect("caught_up");
    const cursor = await pushPoints(symbol, 1, 3);
    await sleep();
    await pushPoints(symbol, 4, 3);
    expect((await viewer.points(6)).values).toEqual(numbers(1, 6));
    await sleep();
    viewer.ack(cursor);
    const late = await TestViewer.join(symbol, cursor);
    await late.expect("hello");
    expect((await late.points(3)).values).toEqual([4, 5, 6]);
    await sleep();
    await pushPoints(symbol, 7);
    expect((await viewer.points(1)).values).toEqual([7]);
    await late.expect("caught_up");
    expect((await late.points(1)).values).toEqual([7]);
  });

  it("INV-6 knows a trade and an Idempotency-Key again", async () => {
    const symbol = newSymbol();
    const trade = { symbol, price: 1, size: 1, id: "a", ts: Date.now() * 1_000 };
    const first = await push("trades", trade, { "idempotency-key": "k" });
    const body = await first.text();
    await evictDurableObject(hostStubOf(symbol));
    expect(await (await push("trades", trade, { "idempotency-key": "k" })).text()).toBe(body);
    expect((await push("trades", trade)).status).toBe(202);
    const other = { ...trade, price: 2, id: "b" };
    expect((await push("trades", other, { "idempotency-key": "k" })).status).toBe(422);
    const viewer = await TestViewer.join(symbol, 1_600_000_000_000_000);
    await viewer.expect("hello");
    expect((await viewer.expect("events")).events).toHaveLength(1);
    expect((await viewer.expect("caught_up")).replayed).toBe(1);
  });

  it("H-2 drops a socket that has been silent for 15 s, though the room slept all the time", async () => {
    const symbol = newSymbol();
    const silent = await TestViewer.join(symbol, 0);
    const talker = await TestViewer.join(symbol, 0);
    for (const viewer of [silent, talker]) {
      await viewer.expect("hello");
      await viewer.expect("caught_up");
    }
    const startMs = Date.now();
    await evictDurableObject(hostStubOf(symbol));
    vi.spyOn(Date, "now").mockReturnValue(startMs + 14_000);
    talker.ack(0 as Cursor);
    talker.send("are you there?");
    await talker.expect("error");
    vi.mocked(Date.now).mockRestore();
    await evictDurableObject(hostStubOf(symbol));
    vi.spyOn(Date, "now").mockReturnValue(startMs + 16_000);
    await runDurableObjectAlarm(hostStubOf(symbol));
    expect(await silent.closedFor("silent")).toBe(true);
    await pushPoints(symbol, 1);
    expect((await talker.points(1)).values).toEqual([1]);
  });

  it("A-3 closes a viewer at the moment its token ends, by itself", async () => {
    const symbol = newSymbol();
    // Somebody was there before, so that the room's alarm was set for later.
    await TestViewer.join(symbol, 0);
    const { response, endMs } = await askEndingSoon(`/ws/${symbol}`);
    const viewer = TestViewer.over(response);
    await viewer.expect("hello");
    // At that moment: null where it is over.
    const { alarmAtMs } = await alarmOf(symbol);
    expect(alarmAtMs ?? endMs).toBeLessThanOrEqual(endMs + 1_000);
    expect(await viewer.closedFor("tokenExpired")).toBe(true);
    expect(Date.now()).toBeGreaterThanOrEqual(endMs);
  });

  it.each(["has been pushed", "nobody has pushed yet"])(
    "A-4 sends nothing to a viewer whose token has ended, also where no alarm came, of a symbol that %s",
    async (past) => {
      const symbol = newSymbol();
      if (past === "has been pushed") await makeKnown(symbol);
      const token = await tokenOf({ scope: "read", ends: Math.floor(Date.now() / 1_000) + 60 });
      const headers = { upgrade: "websocket", authorization: `Bearer ${token}` };
      const viewer = TestViewer.over(await ask(`/ws/${symbol}?since=0`, { headers }));
      await viewer.expect("hello");
      await viewer.expect("caught_up");
      vi.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000);
      await pushPoints(symbol, 1);
      expect(await viewer.closedFor("tokenExpired")).toBe(true);
      expect(viewer.unread).toEqual([]);
    },
  );

  it("A-3 closes a viewer whose token has ended while the room slept", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    const token = await tokenOf({ scope: "read", ends: Math.floor(Date.now() / 1_000) + 60 });
    const headers = { upgrade: "websocket", authorization: `Bearer ${token}` };
    const viewer = TestViewer.over(await ask(`/ws/${symbol}`, { headers }));
    await viewer.expect("hello");
    await evictDurableObject(hostStubOf(symbol));
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000);
    await runDurableObjectAlarm(hostStubOf(symbol));
    expect(await viewer.closedFor("tokenExpired")).toBe(true);
  });

  it("INV-2 whose sockets were cut gives a viewer that comes back all it missed", async () => {
    const symbol = newSymbol();
    const viewer = await TestViewer.join(symbol);
    await viewer.expect("hello");
    const seen = await pushPoints(symbol, 1);
    await evictDurableObject(hostStubOf(symbol), { webSockets: "close" });
    await viewer.closed;
    await pushPoints(symbol, 2, 2);
    const again = await TestViewer.join(symbol, seen);
    await again.expect("hello");
    expect((await again.points(2)).values).toEqual([2, 3]);
  });
});

/** When the platform will wake the room. */
async function alarmOf(symbol: string): Promise<{ alarmAtMs: number | null }> {
  return runInDurableObject(hostStubOf(symbol), async (_, state) => ({
    alarmAtMs: await state.storage.getAlarm(),
  }));
}
