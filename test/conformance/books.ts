import { bookAnswerSchema } from "../../src/protocol/answers/answers.ts";
import type { BookEvent, Level } from "../../src/protocol/events/book.ts";
import { eventsOf, numbers, post, push, pushTo, read, refusal } from "./asking.ts";
import { equals } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

/** A keyframe comes within 15 s where no change does (SPEC D-5); and what a slow machine takes. In ms. */
const KEYFRAME_MS = 25_000;

export const books: readonly Check[] = [
  { rule: "D-1", run: bookEvents },
  { rule: "D-2", run: applied },
  { rule: "D-3", run: diffBeforeSnapshot },
  { rule: "D-4", run: longBooks },
  { rule: "D-5", takesS: 15, run: keyframes },
  { rule: "D-6", run: sampleOfFifty },
  { rule: "D-7", run: bookAnswers },
];

type Side = "bids" | "asks";

const whole = {
  ...{ type: "snapshot", seq: 1 },
  bids: [
    [9, 1],
    [10, 2],
  ],
  asks: [
    [12, 4],
    [11, 3],
  ],
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

async function bookOf(server: Server, symbol: string, query = "") {
  return read(server, bookAnswerSchema, `/api/books/${symbol}${query}`);
}

async function bookEvents(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "books", [
    { symbol, ...whole },
    { symbol, ...change },
  ]);
  const got = (await eventsOf(server, symbol)) as BookEvent[];
  const fields = got.map(({ kind, type, bids, asks, seq }) => ({ kind, type, bids, asks, seq }));
  equals(
    "book events",
    fields,
    [
      { kind: "book", ...whole },
      { kind: "book", ...change },
    ].map(({ kind, type, bids, asks, seq }) => ({ kind, type, bids, asks, seq })),
  );
}

/** The book that a log makes, best level first. */
function made(log: readonly BookEvent[]): Record<Side, Level[]> {
  const levels = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  for (const event of log) {
    for (const side of ["bids", "asks"] as const) {
      if (event.type === "snapshot") levels[side].clear();
      for (const [price, size] of event[side]) {
        if (size === 0) levels[side].delete(price);
        else levels[side].set(price, size);
      }
    }
  }
  return {
    bids: [...levels.bids].sort(([a], [b]) => b - a),
    asks: [...levels.asks].sort(([a], [b]) => a - b),
  };
}

function sorted(book: BookEvent | null): Record<Side, Level[]> {
  return made(book === null ? [] : [book]);
}

async function applied(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = Math.floor(server.clock.nowMs()) * 1_000;
  await push(server, "books", { symbol, ...whole, ts });
  // By the log, whatever their ts.
  await push(server, "books", { symbol, ...change, ts: ts - 5_000_000 });
  const expected = {
    bids: [
      [9, 1],
      [8, 7],
    ],
    asks: [
      [11, 5],
      [12, 4],
    ],
  };
  equals("the book by diffs", sorted((await bookOf(server, symbol)).book), expected);
  equals("and by its log", made((await eventsOf(server, symbol)) as BookEvent[]), expected);
  await push(server, "books", { symbol, type: "snapshot", bids: [[1, 1]], asks: [], ts: ts - 9e6 });
  const replaced = sorted((await bookOf(server, symbol)).book);
  equals("a snapshot replaces everything:", replaced, { bids: [[1, 1]], asks: [] });
}

async function diffBeforeSnapshot(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "books", { symbol, ...change });
  await push(server, "metrics", { symbol, metric: "m", value: 1 });
  equals("no book of a diff:", (await bookOf(server, symbol)).book, null);
  const viewer = await Viewer.join(server, symbol);
  await viewer.expect("hello");
  equals("nor in snapshot:", (await viewer.expect("snapshot")).book, null);
  await push(server, "books", { symbol, ...whole });
  const { bids } = sorted((await bookOf(server, symbol)).book);
  equals(
    "the book as of its first snapshot:",
    bids,
    sorted({ kind: "book", ...whole } as BookEvent).bids,
  );
}

async function longBooks(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const levels = (from: number, count: number) => numbers(from, count).map((price) => [price, 1]);
  const bids = levels(1, 1_000);
  await push(server, "books", { symbol, type: "snapshot", bids, asks: levels(5_000, 10) });
  await push(server, "books", { symbol, type: "diff", bids: levels(1_001, 5), asks: [] });
  const { book } = await bookOf(server, symbol);
  const prices = sorted(book).bids.map(([price]) => price);
  equals("1,000 levels, the best", [prices.length, prices[0], prices.at(-1)], [1_000, 1_005, 6]);
  const [deep] = [levels(5_000, 1_001)];
  const long = await post(server, "books", { symbol, type: "diff", bids: [], asks: deep });
  refusal("a diff of 1,001 levels", long, 422);
}

async function keyframes(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "books", { symbol, ...whole });
  await push(server, "books", { symbol, ...change });
  const [first, second] = (await eventsOf(server, symbol)) as BookEvent[];
  equals("the first snapshot a sample", [first?.sampled, second?.sampled], [true, undefined]);
  await push(server, "books", { symbol, ...whole, sampled: true });
  await push(server, "books", { symbol, ...change, seq: 3 });
  const viewer = await Viewer.live(server, symbol, "now");
  const isSample = (event: { kind: string }): event is BookEvent =>
    event.kind === "book" && (event as BookEvent).sampled === true;
  const { events } = await viewer.find("events", (each) => each.events.some(isSample), KEYFRAME_MS);
  const keyframe = events.find(isSample) ?? null;
  const expected = sorted((await bookOf(server, symbol)).book);
  equals("a keyframe of the whole book:", sorted(keyframe), expected);
  equals("with the last seq", [keyframe?.type, keyframe?.seq], ["snapshot", 3]);
}

async function sampleOfFifty(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const bids = numbers(1, 60).map((price) => [price, 1]);
  const asks = numbers(100, 60).map((price) => [price, 1]);
  const book = { symbol, type: "snapshot", sampled: true, bids, asks };
  await push(server, "books", book, { query: "?wait=stored" });
  const stored = sorted((await bookOf(server, symbol, "?at=now")).book);
  const ends = [stored.bids, stored.asks].map((side) => [
    side.length,
    side[0]?.[0],
    side.at(-1)?.[0],
  ]);
  equals("the best 50 levels of a side", ends, [
    [50, 60, 11],
    [50, 100, 149],
  ]);
}

async function bookAnswers(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const early = 1_600_000_000_000_000;
  const old = { symbol, ...whole, sampled: true, ts: early, bids: [[1, 1]] };
  await push(server, "books", old, { query: "?wait=stored" });
  const cursor = await pushTo(server, symbol, "books", { symbol, ...whole });
  const deep = await bookOf(server, symbol, "?depth=1");
  equals("the best level", [deep.book?.bids, deep.book?.asks], [[[10, 2]], [[11, 3]]]);
  const all = await bookOf(server, symbol);
  equals("at the cursor of the book", all.cursor, cursor);
  await push(server, "books", { symbol, ...change });
  const viewer = await Viewer.join(server, symbol, all.cursor);
  const message = await viewer.find("events", () => true);
  const log = [...(all.book === null ? [] : [all.book]), ...(message.events as BookEvent[])];
  const now = sorted((await bookOf(server, symbol)).book);
  equals("the book continued by the stream", made(log), now);
  const at = sorted((await bookOf(server, symbol, `?at=${early + 1_000_000}`)).book);
  equals("the last sample before a time", at.bids, [[1, 1]]);
  equals("none before the first", (await bookOf(server, symbol, `?at=${early - 1}`)).book, null);
  refusal("a depth of 0", await server.http(`/api/books/${symbol}?depth=0`), 400);
}
