import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/config.ts";
import { pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import type { ServerMessage } from "../../../src/protocol/socket/server-message.ts";
import { soon } from "../../soon.ts";
import {
  ask,
  closeSockets,
  hostStubOf,
  makeKnown,
  newSymbol,
  push,
  pushPoints,
  tokenOf,
} from "../edgetape.ts";
import { FakeNeon, isReplay } from "../fake-neon.ts";
import { numbers, TestViewer } from "../test-viewer.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(async () => {
  // What is stored later would meet the next test's database. The lane is in order.
  const point = JSON.stringify({ metric: "last", value: 1 });
  await ask("/api/metrics?wait=stored", { method: "POST", body: point }, "write");
  vi.restoreAllMocks();
  closeSockets();
});

const values = (rows: { cells: Record<string, string | number> }[]) =>
  rows.map(({ cells }) => cells["value"]);

describe("INV-1 what is acknowledged", () => {
  it("is in Postgres soon, in order, and once", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 0, 120);
    await pushPoints(symbol, 120, 3);
    const rows = await neon.untilStored(symbol, 123);
    expect(values(rows)).toEqual(numbers(0, 123));
    expect(rows.slice(0, 51).map(({ ordinal }) => ordinal)).toEqual([...numbers(0, 50), 0]);
  });

  it("I-8 is answered 200 once it is there, where that was asked for", async () => {
    const symbol = newSymbol();
    const response = await ask(
      "/api/metrics?wait=stored",
      { method: "POST", body: JSON.stringify({ metric: "m", value: 1, symbol }) },
      "write",
    );
    expect(response.status).toBe(200);
    expect(neon.rowsOf(symbol)).toHaveLength(1);
  });

  it("outlives every object, and the alarm takes it to Postgres when nobody comes", async () => {
    const symbol = newSymbol();
    neon.isAway = true;
    const cursor = await pushPoints(symbol, 1, 3);
    await abortAllDurableObjects();
    const poll = await ask(`/api/rooms/${symbol}/events?since=${cursor - 1}`, {}, "read");
    expect(pollAnswerSchema.parse(await poll.json()).events).toHaveLength(3);
    await abortAllDurableObjects();
    neon.isAway = false;
    expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(true);
    expect(values(await neon.untilStored(symbol, 3))).toEqual([1, 2, 3]);
  });

  it("I-22 is answered 503 where its room begins anew before the answer, and the same again is answered as taken", async () => {
    const symbol = newSymbol();
    neon.isAway = true;
    await makeKnown(symbol);
    const again = () =>
      ask(
        "/api/metrics?wait=stored",
        {
          method: "POST",
          body: JSON.stringify({ metric: "m", value: 1, symbol }),
          headers: { "idempotency-key": symbol },
        },
        "write",
      );
    const reset = (ms: number) =>
      runInDurableObject(hostStubOf(symbol), async (_, state) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        state.abort("a test ends this room");
      }).catch(() => undefined);
    const answered = again();
    await reset(200);
    const response = await answered;
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ type: "urn:edgetape:problem:room-restarted" });

    const poll = ask(`/api/rooms/${symbol}/events?wait=1`, {}, "read");
    await reset(200);
    expect((await poll).status).toBe(200);

    neon.isAway = false;
    expect((await again()).status).toBe(200);
    expect(await neon.untilStored(symbol, 1)).toHaveLength(1);
  });

  it("is shown live while Postgres is away", async () => {
    const symbol = newSymbol();
    neon.isAway = true;
    const viewer = await TestViewer.join(symbol);
    for (const type of ["hello", "snapshot", "caught_up"] as const) await viewer.expect(type);
    await pushPoints(symbol, 5);
    expect((await viewer.points(1)).values).toEqual([5]);
    neon.isAway = false;
    await neon.untilStored(symbol, 1);
  });
});

describe("I-9 a full outbox", () => {
  /** The settings of the objects, whose `env` is another than the Worker's; a room reads them when it wakes. */
  function setOutboxLimit(symbol: string, bytes: number): Promise<number> {
    return runInDurableObject(hostStubOf(symbol), (room) => {
      const config = configOf((room as unknown as { env: object }).env);
      const before = config.LIMIT_OUTBOX_BYTES;
      config.LIMIT_OUTBOX_BYTES = bytes;
      return before;
    });
  }

  it("I-1 refuses the whole batch, and all of it is taken later", async () => {
    const [full, other] = [newSymbol(), newSymbol()];
    const limit = await setOutboxLimit(full, 1);
    try {
      neon.isAway = true;
      const point = (symbol: string, value: number) => ({ metric: "m", value, symbol });
      expect((await push("metrics", point(full, 1))).status).toBe(202);
      const batch = [point(other, 2), point(full, 2)];
      const refused = await push("metrics", batch);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refused.text()).toContain("Nothing of this batch was taken");
      expect((await push("metrics", point(full, 3))).status).toBe(503);
      neon.isAway = false;
      const since = Date.now() * 1_000 - 60_000_000;
      const poll = await ask(`/api/rooms/${other}/events?since=${since}`, {}, "read");
      expect(poll.status).toBe(404);
      await neon.untilStored(full, 1);
      await soon(async () => expect((await push("metrics", batch)).status).toBe(202));
      await neon.untilStored(full, 2);
      await neon.untilStored(other, 1);
    } finally {
      await setOutboxLimit(full, limit);
    }
  });
});

describe("INV-3 what is older than the room's log", () => {
  async function roomBornAnew(symbol: string): Promise<void> {
    await runInDurableObject(hostStubOf(symbol), (_, state) => state.storage.deleteAll());
    await evictDurableObject(hostStubOf(symbol));
  }

  it("S-3 comes from Postgres in the same frames, then from the log, without a seam", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 0, 70);
    const trade = { symbol, price: 9, size: 1, side: "buy", id: "i", venue: "v" };
    await push("trades", trade);
    await neon.untilStored(symbol, 71);
    await roomBornAnew(symbol);
    await pushPoints(symbol, 70, 60);
    const since = (Date.now() - 60_000) * 1_000;
    const viewer = await TestViewer.join(symbol, since);
    await viewer.expect("hello");
    const replayed = [];
    for (let next = await viewer.next(); next.type !== "caught_up"; next = await viewer.next()) {
      if (next.type === "events") replayed.push(...next.events);
    }
    const { ts: _, ...seen } = replayed[70] ?? expect.fail("no trade");
    const { symbol: __, ...posted } = trade;
    expect(seen).toEqual({ kind: "trade", ...posted });
    const points = replayed.flatMap((event) => (event.kind === "metric" ? [event.value] : []));
    expect(points).toEqual(numbers(0, 130));
  });

  it("INV-2 S-4 S-5 Q-2 is an explicit gap while Postgres is away, and a snapshot follows", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 1);
    await neon.untilStored(symbol, 1);
    await roomBornAnew(symbol);
    const newest = await pushPoints(symbol, 2);
    await neon.untilStored(symbol, 2);
    neon.isAway = true;
    const viewer = await TestViewer.join(symbol, 1_600_000_000_000_000);
    const hello = await viewer.expect("hello");
    expect(await viewer.expect("gap")).toEqual({
      type: "gap",
      from: 1_600_000_000_000_000,
      to: hello.oldest,
      reason: "unavailable",
      dropped: null,
    });
    expect((await viewer.points(1)).values).toEqual([2]);
    expect((await viewer.expect("snapshot")).metrics).toHaveLength(1);
    expect((await viewer.expect("caught_up")).complete).toBe(false);
    const poll = await ask(`/api/rooms/${symbol}/events?since=0`, {}, "read");
    const answer = pollAnswerSchema.parse(await poll.json());
    expect(answer.complete).toBe(false);
    expect(answer.events).toHaveLength(1);
    // The next poll goes on behind the range that could not be read.
    expect(answer.cursor).toBe(newest);
    neon.isAway = false;
  });
});

describe("F-3 a crowd that wants everything", () => {
  /** Viewers that come together, each a viewer of its own, and what each was told up to `caught_up`. */
  async function crowdOf(symbol: string, count: number) {
    const viewers = numbers(1, count).map(async (number) => {
      const token = await tokenOf({ scope: "read", sub: `${number}` });
      const headers = { upgrade: "websocket", authorization: `Bearer ${token}` };
      const viewer = TestViewer.over(await ask(`/ws/${symbol}?since=0`, { headers }));
      await viewer.expect("hello");
      const told: ServerMessage[] = [];
      for (;;) {
        const message = await viewer.next();
        told.push(message);
        if (message.type === "caught_up") return told;
      }
    });
    return Promise.all(viewers);
  }
  const replays = () => neon.statements.filter(isReplay).length;

  it("of a room that nothing was before is told of no gap, asks Postgres once, and never again", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    for (const told of await crowdOf(symbol, 30)) {
      expect(told).toEqual([expect.objectContaining({ replayed: 0, complete: true })]);
    }
    const asked = replays();
    // One look from the beginning of time until now, in windows that grow.
    expect(asked).toBeLessThan(25);
    await evictDurableObject(hostStubOf(symbol));
    await crowdOf(symbol, 5);
    expect(replays()).toBe(asked);
  });

  it("of what only Postgres has costs what one viewer does, and waits for a Postgres that is busy", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 0, 500);
    await neon.untilStored(symbol, 500);
    await runInDurableObject(hostStubOf(symbol), (_, state) => state.storage.deleteAll());
    await evictDurableObject(hostStubOf(symbol));
    neon.failingReplays = 5;
    for (const told of await crowdOf(symbol, 20)) {
      const events = told.flatMap((message) => (message.type === "events" ? message.events : []));
      expect(events.map((event) => event.kind === "metric" && event.value)).toEqual(
        numbers(0, 500),
      );
      expect(told.at(-1)).toMatchObject({ replayed: 500, complete: true });
    }
    expect(replays()).toBeLessThan(30);
  });
});

describe("the room's alarm", () => {
  it("is not set for a room that has nothing to look after", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    // Other tests' rooms are on the same host.
    while (await runDurableObjectAlarm(hostStubOf(symbol)));
    await ask(`/api/rooms/${symbol}/events`, {}, "read");
    expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(false);
  });

  it("writes the outbox's position down, so that a wake sends nothing again", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 1);
    await neon.untilStored(symbol, 1);
    // The answer of the Writer reaches the room after the rows are there.
    await ask(
      "/api/metrics?wait=stored",
      { method: "POST", body: JSON.stringify({ metric: "m", value: 2, symbol }) },
      "write",
    );
    expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(true);
    await evictDurableObject(hostStubOf(symbol));
    const inserts = () => neon.statements.filter((text) => text.includes("insert into points"));
    const before = inserts().length;
    await ask(`/api/rooms/${symbol}/events`, {}, "read");
    expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(false);
    expect(inserts()).toHaveLength(before);
  });
});
