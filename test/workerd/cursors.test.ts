import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pollAnswerSchema } from "../../src/protocol/answers.ts";
import { ask, closeSockets, makeKnown, newSymbol, push, pushPoints } from "./edgetape.ts";
import { FakeNeon } from "./fake-neon.ts";
import { numbers, TestViewer } from "./test-viewer.ts";

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
