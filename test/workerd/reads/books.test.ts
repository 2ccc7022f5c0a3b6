import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bookAnswerSchema, pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import type { BookEvent } from "../../../src/protocol/events/book.ts";
import { soon } from "../../soon.ts";
import { ask, closeSockets, hostStubOf, makeKnown, newSymbol, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { TestViewer } from "../test-viewer.ts";

let neon: FakeNeon;
/** How far the clock of all objects is ahead, in ms. */
let aheadMs = 0;
const realNow = Date.now;
beforeEach(() => {
  neon = new FakeNeon();
  aheadMs = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + aheadMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const whole = {
  type: "snapshot",
  bids: [
    [9, 1],
    [10, 2],
  ],
  asks: [
    [12, 4],
    [11, 3],
  ],
  seq: 1,
};
const change = {
  type: "diff",
  bids: [
    [10, 0],
    [8, 7],
  ],
  asks: [[11, 5]],
  seq: 2,
};
/** What the two make. */
const changed = {
  type: "snapshot",
  bids: [
    [9, 1],
    [8, 7],
  ],
  asks: [
    [11, 5],
    [12, 4],
  ],
  seq: 2,
};

async function pushBook(symbol: string, book: object): Promise<void> {
  expect((await push("books", { ...book, symbol })).status).toBe(202);
}

async function bookOf(symbol: string, query = ""): Promise<BookEvent | null> {
  const answer = await ask(`/api/books/${symbol}${query}`, {}, "read");
  expect(answer.status).toBe(200);
  return bookAnswerSchema.parse(await answer.json()).book;
}

async function logOf(symbol: string): Promise<object[]> {
  const since = (realNow() - 60_000) * 1_000;
  const answer = await ask(`/api/rooms/${symbol}/events?since=${since}`, {}, "read");
  return pollAnswerSchema.parse(await answer.json()).events.map((event) => {
    const { kind: _, ts: __, ...rest } = event;
    return rest;
  });
}

describe("books that are posted", () => {
  it("E-1 D-1 are in the log as posted, and D-2 the room knows what they make", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    expect(await bookOf(symbol)).toBeNull();
    await pushBook(symbol, whole);
    await pushBook(symbol, change);
    expect(await logOf(symbol)).toEqual([{ ...whole, sampled: true }, change]);
    expect(await bookOf(symbol)).toMatchObject({ kind: "book", ...changed });
    expect(await bookOf(symbol, "?depth=1")).toMatchObject({ bids: [[9, 1]], asks: [[11, 5]] });
    expect((await ask(`/api/books/${symbol}?depth=0`, {}, "read")).status).toBe(400);
  });

  it("S-2 E-4 are sent live, and a viewer without a past gets the whole of it", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, whole);
    await pushBook(symbol, change);
    const viewer = await TestViewer.join(symbol);
    await viewer.expect("hello");
    expect((await viewer.expect("snapshot")).book).toMatchObject(changed);
    await viewer.expect("caught_up");
    await pushBook(symbol, { type: "diff", bids: [[9, 3]], asks: [] });
    expect((await viewer.expect("events")).events).toMatchObject([{ bids: [[9, 3]] }]);
  });

  it("I-8 are answered as stored once nothing of them is left to store", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, whole);
    const init = { method: "POST", body: JSON.stringify({ ...change, symbol }) };
    expect((await ask("/api/books?wait=stored", init, "write")).status).toBe(200);
    expect(neon.rowsOf(symbol)).toHaveLength(1);
  });

  it.each([
    ["crossed in one snapshot", { ...whole, asks: [[10, 1]] }, "bids", "below the best ask"],
    ["an empty level in a snapshot", { ...whole, bids: [[9, 0]] }, "type", "leave such levels out"],
    ["a negative size", { ...change, bids: [[9, -1]] }, "bids.0.1", "0 takes the level out"],
    ["a level that is no pair", { ...change, bids: [[9]] }, "bids.0", "[price, size]"],
    ["a price in quotes", { ...change, bids: [["9", 1]] }, "bids.0.0", "without quotes"],
    ["a side that is missing", { type: "diff", bids: [] }, "asks", "empty where there is nothing"],
    ["another type", { ...change, type: "update" }, "type", '"snapshot" or "diff"'],
    ["a diff that is to be kept", { ...change, sampled: true }, "sampled", "goes with a snapshot"],
    ["half a number", { ...change, seq: 1.5 }, "seq", "whole number"],
    [
      "too many levels",
      { ...change, bids: Array.from({ length: 1_001 }, (_, i) => [i, 1]) },
      "bids",
      "at most 1000 levels",
    ],
  ])("I-13 are refused in words: %s", async (_, book, path, words) => {
    const response = await push("books", { ...book, symbol: newSymbol() });
    expect(response.status).toBe(422);
    const { errors } = problemSchema.parse(await response.json());
    expect(errors).toEqual([{ path, message: expect.stringContaining(words) }]);
  });

  it("I-13 may have negative prices, be crossed by a diff, and be empty", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, { type: "snapshot", bids: [[-3, 1]], asks: [[-2, 1]] });
    await pushBook(symbol, { type: "diff", bids: [[-1, 1]], asks: [] });
    expect(await bookOf(symbol)).toMatchObject({
      bids: [
        [-1, 1],
        [-3, 1],
      ],
      asks: [[-2, 1]],
    });
    await pushBook(symbol, { type: "snapshot", bids: [], asks: [] });
    expect(await bookOf(symbol)).toMatchObject({ bids: [], asks: [] });
  });

  it("I-13 of a price that comes twice on a side the last counts", async () => {
    const symbol = newSymbol();
    const bids = [
      [9, 1],
      [10, 2],
      [9, 3],
    ];
    await pushBook(symbol, { type: "snapshot", bids, asks: [] });
    const expected = [
      [10, 2],
      [9, 3],
    ];
    expect(await bookOf(symbol)).toMatchObject({ bids: expected, asks: [] });
  });
});

describe("D-5 the room's samples", () => {
  it("follow the first change after an interval, go out live, and are what Postgres gets", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, whole);
    const viewer = await TestViewer.join(symbol);
    for (const type of ["hello", "snapshot", "caught_up"] as const) await viewer.expect(type);
    aheadMs = 10_500;
    await pushBook(symbol, change);
    const { events } = await viewer.expect("events");
    expect(events).toMatchObject([change, { ...changed, sampled: true }]);
    expect((await neon.untilStored(symbol, 2)).map(({ cells }) => cells["seq"])).toEqual([1, 2]);
  });

  it("INV-1 are made by the alarm of a room that died and to which nobody came again", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, whole);
    await pushBook(symbol, change);
    await neon.untilStored(symbol, 1);
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(true);
    expect(neon.rowsOf(symbol)).toHaveLength(1);
    await evictDurableObject(hostStubOf(symbol));
    aheadMs = 10_500;
    expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(true);
    expect(await bookOf(symbol)).toMatchObject(changed);
    expect((await logOf(symbol)).at(-1)).toEqual({ ...changed, sampled: true });
    await neon.untilStored(symbol, 2);
    aheadMs = 60_000;
    // Books of other tests are on the same host.
    await soon(async () => expect(await runDurableObjectAlarm(hostStubOf(symbol))).toBe(false));
    expect(neon.rowsOf(symbol)).toHaveLength(2);
  });

  it("are those of an export that is pushed again, all of them", async () => {
    const symbol = newSymbol();
    const copies = Array.from({ length: 3 }, (_, seq) => ({
      ...whole,
      symbol,
      seq,
      sampled: true,
    }));
    await push("books", copies);
    await pushBook(symbol, { ...whole, seq: 9 });
    const rows = await neon.untilStored(symbol, 3);
    expect(rows.map(({ cells }) => cells["seq"])).toEqual([0, 1, 2]);
  });

  it("D-7 are asked for by time, those of the room's tail among them", async () => {
    const symbol = newSymbol();
    neon.isAway = true;
    const tsUs = (realNow() - 60_000) * 1_000;
    await pushBook(symbol, { ...whole, ts: tsUs });
    await pushBook(symbol, { ...whole, ts: tsUs + 20_000_000, seq: 5 });
    neon.isAway = false;
    expect(await bookOf(symbol, `?at=${tsUs - 1}`)).toBeNull();
    expect(await bookOf(symbol, `?at=${tsUs + 19_999_999}`)).toMatchObject({ seq: 1, ts: tsUs });
    expect(await bookOf(symbol, `?at=${tsUs + 20_000_000}&depth=1`)).toMatchObject({
      ...{ seq: 5, bids: [[10, 2]], asks: [[11, 3]] },
    });
  });

  it("D-6 are what replay has of a time that only Postgres knows, then the log goes on", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, whole);
    await pushBook(symbol, change);
    await neon.untilStored(symbol, 1);
    await runInDurableObject(hostStubOf(symbol), (_, state) => state.storage.deleteAll());
    await evictDurableObject(hostStubOf(symbol));
    await pushBook(symbol, { ...change, seq: 3 });
    await pushBook(symbol, { ...whole, seq: 4 });
    expect(await logOf(symbol)).toEqual([
      // Best first, as a sample is kept.
      { ...whole, bids: whole.bids.toReversed(), asks: whole.asks.toReversed(), sampled: true },
      { ...change, seq: 3 },
      { ...whole, seq: 4, sampled: true },
    ]);
  });
});

describe("a room's book", () => {
  it("outlives eviction and death", async () => {
    const symbol = newSymbol();
    await pushBook(symbol, whole);
    await pushBook(symbol, change);
    await evictDurableObject(hostStubOf(symbol));
    expect(await bookOf(symbol)).toMatchObject(changed);
    await abortAllDurableObjects();
    expect(await bookOf(symbol)).toMatchObject(changed);
  });
});
