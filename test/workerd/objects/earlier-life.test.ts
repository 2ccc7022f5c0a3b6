import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { pollAnswerSchema, symbolsAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { soon } from "../../soon.ts";
import { ask, closeSockets, newSymbol, push, pushPoints } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  neon.isAway = true;
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const statusOf = async (path: string, headers: Record<string, string> = {}) => {
  const response = await ask(path, { headers }, "read");
  await response.body?.cancel();
  return response.status;
};

it("S-7 a server that begins anew while Postgres is away takes pushes and says what it does not know", async () => {
  const symbol = newSymbol();
  expect(await statusOf("/api/symbols")).toBe(503);
  expect(await statusOf("/api/positions/NEVER")).toBe(503);
  expect((await push("positions", { symbol, quantity: 5 })).status).toBe(202);
  await pushPoints(symbol, 1, 2);
  const answers = await Promise.all([
    statusOf(`/api/positions/${symbol}`),
    statusOf(`/api/books/${symbol}`),
    statusOf(`/ws/${symbol}`, { upgrade: "websocket" }),
  ]);
  expect(answers).toEqual([503, 503, 503]);
  const poll = await ask(`/api/rooms/${symbol}/events?since=1600000000000000`, {}, "read");
  const { events, cursor, complete } = pollAnswerSchema.parse(await poll.json());
  // What the host has may get other cursors yet, so nothing is told, and nothing passed over.
  expect([events.length, cursor, complete]).toEqual([0, 1_600_000_000_000_000, true]);
  const list = symbolsAnswerSchema.parse(await (await ask("/api/symbols", {}, "read")).json());
  expect(list).toMatchObject({ complete: false, symbols: [{ symbol, last_event: null }] });
  expect(neon.rowsOf(symbol)).toEqual([]);

  neon.isAway = false;
  await neon.untilStored(symbol, 3);
  await soon(async () => expect(await statusOf(`/api/positions/${symbol}`)).toBe(200));
  // Each finds out for itself that Postgres is back.
  await soon(async () => expect(await statusOf("/api/positions/NEVER")).toBe(404));
  await soon(async () => {
    const known = symbolsAnswerSchema.parse(await (await ask("/api/symbols", {}, "read")).json());
    expect(known.complete).toBe(true);
  });
});
