import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { separate } from "../../../src/protocol/events/frame.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { ask, closeSockets, makeKnown, newSymbol, push, pushPoints } from "../edgetape.ts";
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

describe("a cursor", () => {
  it("C-2 of one log is a time for any other", async () => {
    const [one, other] = [newSymbol(), newSymbol()];
    await makeKnown(one, other);
    const startMs = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(startMs);
    await pushPoints(other, 0, 2);
    clock.mockReturnValue(startMs + 10);
    const cursor = await pushPoints(one, 0);
    clock.mockReturnValue(startMs + 20);
    await pushPoints(other, 10, 3);

    const viewer = await TestViewer.join(other, cursor);
    await viewer.expect("hello");
    expect((await viewer.points(3)).values).toEqual([10, 11, 12]);
    expect(await viewer.expect("caught_up")).toMatchObject({ replayed: 3, complete: true });
  });

  it("E-2 of a message covers every event in it, and nothing after it", async () => {
    const symbol = newSymbol();
    const start = await pushPoints(symbol, 0);
    for (let batch = 0; batch < 4; batch += 1) await pushPoints(symbol, 1 + batch * 300, 300);
    const viewer = await TestViewer.join(symbol, start);
    await viewer.expect("hello");
    let seen = 0;
    let messages = 0;
    while (seen < 1_200) {
      const { values, cursor } = await viewer.points(1);
      seen += values.length;
      messages += 1;
      const poll = await ask(`/api/rooms/${symbol}/events?since=${cursor}&limit=1000`, {}, "read");
      const { events } = pollAnswerSchema.parse(await poll.json());
      expect(events.map((event) => event.kind === "metric" && event.value)).toEqual(
        numbers(seen + 1, 1_200 - seen),
      );
    }
    expect(messages).toBeGreaterThan(2);
  });

  it("C-4 names an event with its index: what is pushed twice without an id is stored twice", async () => {
    const symbol = newSymbol();
    const trade = { symbol, price: 9, size: 1, ts: Date.now() * 1_000 };
    expect((await push("trades", [trade, trade])).status).toBe(202);
    expect((await push("trades", trade)).status).toBe(202);
    const rows = await neon.untilStored(symbol, 3);
    const places = rows.map(({ cursor, ordinal }) => `${cursor} ${ordinal}`);
    expect(new Set(places).size).toBe(3);
    expect(rows.map(({ ordinal }) => ordinal)).toEqual([0, 1, 0]);
    expect(rows[0]?.cursor).toBe(rows[1]?.cursor);
  });
});

describe("C-6 a cursor with its log", () => {
  const poll = async (symbol: string, query: string) => {
    const answer = await ask(
      `/api/rooms/${encodeURIComponent(symbol)}/events?${query}`,
      {},
      "read",
    );
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const page = async (symbol: string, query: string) =>
    pollAnswerSchema.parse((await poll(symbol, query)).body);
  /** A room with three points, the cursor of the first and of the last, and the log that they are of. */
  const room = async () => {
    const symbol = newSymbol();
    const first = await pushPoints(symbol, 0);
    const head = await pushPoints(symbol, 1, 2);
    const { log } = await page(symbol, `since=${first}`);
    return { symbol, first, head, log: log ?? expect.fail("no log id") };
  };

  it("S-1 is named by hello as by a poll, and is the same for every symbol of a host", async () => {
    const { symbol, log } = await room();
    const viewer = await TestViewer.join(symbol);
    expect((await viewer.expect("hello")).log).toBe(log);
    expect((await room()).log).toBe(log);
  });

  it("of the room's own is replayed exactly, on a socket and by polls", async () => {
    const { symbol, first, head, log } = await room();
    const viewer = await TestViewer.join(symbol, first, log);
    await viewer.expect("hello");
    expect((await viewer.points(2)).values).toEqual([1, 2]);
    expect(await viewer.expect("caught_up")).toMatchObject({ cursor: head, complete: true });
    const answer = await page(symbol, `since=${first}&log=${log}`);
    expect(answer).toMatchObject({ cursor: head, log, complete: true });
    expect(answer.events).toHaveLength(2);
    expect(answer.reset).toBeUndefined();
    // The newest is no cursor of another life, and a poll of it waits for what comes.
    const waiting = page(symbol, `since=${head}&log=${log}&wait=20`);
    await pushPoints(symbol, 3);
    expect((await waiting).events).toHaveLength(1);
  });

  it.each([
    ["of a log that nobody knows", { log: "00000000-made-up" as LogId, aheadUs: -1 }],
    ["ahead of the log that it names", { log: null, aheadUs: 60_000_000 }],
  ])(
    "%s is answered by a reset at once, on a socket and by a poll that would wait",
    async (_, came) => {
      const { symbol, head, log } = await room();
      const since = head + came.aheadUs;
      const named = came.log ?? log;
      const viewer = await TestViewer.join(symbol, since, named);
      expect(await viewer.expect("hello")).toMatchObject({ cursor: head, log });
      const gap = { from: since, to: head, reason: "reset", dropped: null };
      expect(await viewer.expect("gap")).toMatchObject(gap);
      expect(await viewer.expect("snapshot")).toMatchObject({ cursor: head });
      expect(await viewer.expect("caught_up")).toMatchObject({ cursor: head, complete: false });
      const answer = await page(symbol, `since=${since}&log=${named}&wait=30`);
      expect(answer).toMatchObject({ events: [], cursor: head, log, complete: false, reset: true });
      await pushPoints(symbol, 3);
      expect((await viewer.points(1)).values).toEqual([3]);
      expect((await page(symbol, `since=${answer.cursor}&log=${log}`)).events).toHaveLength(1);
    },
  );

  it("C-3 a cursor without a log is a place or a time, whatever it was a cursor of", async () => {
    const { symbol, first, head } = await room();
    expect((await page(symbol, `since=${first}`)).events).toHaveLength(2);
    const ahead = await page(symbol, `since=${head + 60_000_000}`);
    expect(ahead).toMatchObject({ events: [], cursor: head, complete: true });
  });

  it("is refused in words where it has the wrong form, or no since", async () => {
    const { symbol, first } = await room();
    const refused = async (query: string) => {
      const { status, body } = await poll(symbol, query);
      const [upgrade] = [
        await ask(`/ws/${symbol}?${query}`, { headers: { upgrade: "websocket" } }, "read"),
      ];
      expect([status, upgrade.status, upgrade.webSocket]).toEqual([400, 400, null]);
      return JSON.stringify(body["errors"]);
    };
    expect(await refused("log=a")).toContain("needs since");
    for (const log of ["", "%20", "a%20b", "%C3%A9", "x".repeat(65), "a%00b"]) {
      expect(await refused(`since=${first}&log=${log}`)).toMatch(/1 to 64 visible ASCII|NUL/);
    }
  });

  it("Q-1 ST-9 of a poll goes on as without channels, which leave events out", async () => {
    const symbol = newSymbol();
    const start = await pushPoints(symbol, 1);
    await push("trades", { symbol, price: 9, size: 1 });
    await pushPoints(symbol, 2);
    await push("trades", { symbol, price: 8, size: 1 });
    const end = await pushPoints(symbol, 3, 2);
    const poll = async (channels: string) => {
      const path = `/api/rooms/${symbol}/events?since=${start}&channels=${channels}`;
      return await ask(path, {}, "read");
    };
    const answer = pollAnswerSchema.parse(await (await poll("trade,bar")).json());
    expect(answer.events.map((event) => event.kind === "trade" && event.price)).toEqual([9, 8]);
    expect(answer.cursor).toBe(end);
    // A place within the page is one to go on from still.
    const parts = separate({ ...answer, cursor: answer.cursor as Cursor });
    expect(parts.map(({ events }) => events.length)).toEqual([1, 1]);
    expect(parts[0]?.cursor).toBeLessThan(parts[1]?.cursor ?? 0);
    const none = pollAnswerSchema.parse(await (await poll("order")).json());
    expect(none).toMatchObject({ events: [], cursor: end, complete: true });
    expect((await poll("nothing")).status).toBe(400);
  });
});
