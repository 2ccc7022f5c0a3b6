import { MAX_FRAME_EVENTS, separate } from "../../src/protocol/events/frame.ts";
import { eventsSchema } from "../../src/protocol/socket/server-message.ts";
import { numbers, poll, push, pushPoints, valuesOf } from "./asking.ts";
import { equals, holds, parsed } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

/** A message of joined frames has at most so many bytes (SPEC E-3). */
const MOST_JOINED_BYTES = 60 * 1_024;
/** A quiet room sends at once; a machine that does other things may be late. In ms. */
const AT_ONCE_MS = 2_000;

export const events: readonly Check[] = [
  { rule: "E-1", run: asPosted },
  { rule: "E-2", run: cursorCovers },
  { rule: "E-3", run: sameBytes },
  { rule: "E-3", run: joinedFrames },
  { rule: "E-4", run: atOnce },
];

async function asPosted(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = Math.floor(server.clock.nowMs()) * 1_000;
  const metric = { metric: "m", value: -0.1, labels: { a: "b" }, ts };
  const trade = { price: -1.5, size: 0, side: "sell", id: "1", venue: "v", ts };
  const position = { quantity: -3, avg_price: 2, account: "a", ts };
  const book = { type: "snapshot", bids: [[1, 2]], asks: [[3, 4]], seq: 7, ts };
  const order = {
    ...{ id: "7", status: "partially_filled", side: "sell", type: "limit", quantity: 3, price: -1 },
    ...{ filled: 1, avg_price: -1.5, venue: "v", account: "a", correlation_id: "c", ts },
  };
  const note = { text: "a note", level: "error", id: "n", ts };
  const viewer = await Viewer.live(server, symbol);
  await push(server, "metrics", { symbol, ...metric });
  await push(server, "trades", { symbol, ...trade });
  await push(server, "positions", { symbol, ...position });
  await push(server, "books", { symbol, ...book });
  await push(server, "orders", { symbol, ...order });
  await push(server, "notes", { symbol, ...note });
  const got: unknown[] = [];
  while (got.length < 6) {
    const message = await viewer.next();
    if (message.type !== "events") continue;
    for (const event of message.events) {
      // Whether a book is a sample is the room's to say.
      if (event.kind === "book") delete event.sampled;
      got.push(event);
    }
  }
  equals("events as posted:", got, [
    { kind: "metric", ...metric },
    { kind: "trade", ...trade },
    { kind: "position", ...position },
    { kind: "book", ...book },
    { kind: "order", ...order },
    { kind: "note", ...note },
  ]);
}

async function cursorCovers(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const count = 1_000;
  for (let first = 0; first < count; first += 250) await pushPoints(server, symbol, first, 250);
  const viewer = await Viewer.join(server, symbol, 0);
  let seen = 0;
  while (seen < count) {
    const message = await viewer.next();
    if (message.type !== "events") continue;
    seen += message.events.length;
    const after = await poll(server, symbol, message.cursor, "&limit=10000");
    equals("the events after a cursor:", valuesOf(after.events), numbers(seen, count - seen));
  }
}

async function sameBytes(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 0);
  const live = await Viewer.live(server, symbol, "now");
  const cursor = await pushPoints(server, symbol, 7, 5);
  const text = await live.nextText();
  const again = await Viewer.join(server, symbol, cursor - 1);
  await again.expect("hello");
  equals("the replayed message", await again.nextText(), text);
  const { text: polled } = await server.http(`/api/rooms/${symbol}/events?since=${cursor - 1}`);
  const encoded = /"events":(\[.*\])\}$/.exec(text)?.[1] ?? text;
  holds(`in a poll the same bytes, ${encoded}`, polled.includes(encoded), polled);
}

async function joinedFrames(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  for (let first = 0; first < 1_200; first += 120) await pushPoints(server, symbol, first, 120);
  const viewer = await Viewer.join(server, symbol, 0);
  await viewer.expect("hello");
  const ends: number[] = [];
  for (let seen = 0; seen < 1_200; ) {
    const text = await viewer.nextText();
    const message = parsed("events", eventsSchema, text);
    seen += message.events.length;
    const isJoined = message.frames !== undefined;
    holds("60 KiB at most", !isJoined || text.length <= MOST_JOINED_BYTES, text.length);
    const frames = separate(message);
    const count = frames.reduce((sum, frame) => sum + frame.events.length, 0);
    equals("events of all frames", count, message.events.length);
    equals("the end of the last frame", frames.at(-1)?.cursor, message.cursor);
    for (const frame of frames) {
      const length = frame.events.length;
      holds(
        `1 to ${MAX_FRAME_EVENTS} events a frame`,
        length >= 1 && length <= MAX_FRAME_EVENTS,
        length,
      );
      ends.push(frame.cursor);
    }
    viewer.ack(message.cursor);
  }
  equals(
    "ends that grow:",
    ends,
    [...new Set(ends)].sort((a, b) => a - b),
  );
  const middle = ends[Math.floor(ends.length / 2)] ?? 0;
  const before = await poll(server, symbol, 0, "&limit=10000");
  const upTo = separate(before).filter((frame) => frame.cursor <= middle);
  const seen = upTo.reduce((sum, frame) => sum + frame.events.length, 0);
  const midst = await Viewer.join(server, symbol, middle);
  const { values } = await midst.valuesTo(1_199);
  equals("from the midst of a message on:", values, numbers(seen, 1_200 - seen));
}

async function atOnce(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 0);
  const viewer = await Viewer.live(server, symbol, "now");
  for (const value of [1, 2, 3]) {
    const startMs = server.clock.nowMs();
    await pushPoints(server, symbol, value);
    await viewer.expect("events");
    const ms = server.clock.nowMs() - startMs;
    holds(`an event within ${AT_ONCE_MS} ms`, ms < AT_ONCE_MS, `${ms} ms`);
  }
}
