import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deliverAnswer, deliverMessage } from "../../../../client/deliver.ts";
import type { TapeEvent } from "../../../../src/protocol/events/event.ts";
import { eventsMessage, partsAround, separate } from "../../../../src/protocol/events/frame.ts";
import { eventsSchema } from "../../../../src/protocol/socket/server-message.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { arrived, type Frame, LOADING, take } from "../../../../web/data/bars/join.ts";

/** Frames that end at 100 (1 event), 104 (2) and 110 (1), joined. */
const events = [1, 2, 3, 4].map((price): TapeEvent => {
  return { kind: "trade", ts: price as EpochUs, price, size: 1 };
});
const frames: [number, number][] = [
  [10, 1],
  [6, 2],
  [0, 1],
];
const joined = { cursor: 110 as Cursor, events, frames };

function shape(parts: readonly { cursor: number; events: readonly TapeEvent[] }[]) {
  return parts.map((part) => [part.cursor, part.events.length]);
}

describe("INV-3 one can go on from the end of every frame, also inside a message", () => {
  it("a message comes apart at the ends of its frames", () => {
    expect(shape(separate(joined))).toEqual([
      [100, 1],
      [104, 2],
      [110, 1],
    ]);
  });

  it.each([0, 99, 110, 200])("it stays whole around %i, which is not inside", (position) => {
    expect(partsAround(joined, position as Cursor)).toEqual([joined]);
  });

  it("a client delivers of a message of 500 events exactly what is after its cursor, wherever that is", () => {
    const anyFrames = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat({ max: 9 })), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(anyFrames, fc.nat(), (sizes, at) => {
        const ends: number[] = [];
        const all: { cursor: number; event: TapeEvent }[] = [];
        for (const [count, gap] of sizes) {
          if (all.length + count > 500) break;
          const cursor = (ends.at(-1) ?? 100) + 1 + gap;
          ends.push(cursor);
          for (let made = 0; made < count; made += 1) {
            const event: TapeEvent = {
              kind: "metric",
              ts: 1 as EpochUs,
              metric: "m",
              value: all.length,
            };
            all.push({ cursor, event });
          }
        }
        const last = ends.at(-1) ?? 0;
        const places = ends.map((end): [number, number] => [
          last - end,
          all.filter(({ cursor }) => cursor === end).length,
        ]);
        const text = eventsMessage(
          last as Cursor,
          all.map(({ event }) => JSON.stringify(event)).join(","),
          places,
        );
        const message = eventsSchema.parse(JSON.parse(text));
        const position = [100, ...ends][at % (ends.length + 1)] as Cursor;
        const { effects } = deliverMessage({ cursor: position, log: null }, message, null);
        const delivered = effects.flatMap((effect) =>
          effect.type === "deliver" && effect.delivery.type === "events"
            ? effect.delivery.events
            : [],
        );
        expect(delivered).toEqual(
          all.filter(({ cursor }) => cursor > position).map(({ event }) => event),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("a data set that is loaded up to its midst takes the rest", () => {
    const join = arrived(LOADING, 104 as Cursor)?.join ?? LOADING;
    const taken = take(join, joined);
    expect(shape(taken.fresh)).toEqual([[110, 1]]);
    expect(take(taken.join, joined).fresh).toEqual([]);
  });

  it("so does one whose answer comes after the message", () => {
    const { join } = take(LOADING, joined satisfies Frame);
    const done = arrived(join, 104 as Cursor);
    expect([shape(done?.held ?? []), shape(done?.fresh ?? [])]).toEqual([
      [
        [100, 1],
        [104, 2],
      ],
      [[110, 1]],
    ]);
  });

  it("a client that stands in its midst delivers the rest, from a socket and from a poll", () => {
    const place = { cursor: 100 as Cursor, log: null };
    const log = "a-log" as LogId;
    const oldest = 0 as Cursor;
    for (const { place: after, effects } of [
      deliverMessage(place, { type: "events", ...joined }, log),
      deliverAnswer(place, { ...joined, oldest, log, complete: true }),
    ]) {
      expect(after).toEqual({ cursor: 110, log });
      const delivered = effects.flatMap((effect) =>
        effect.type === "deliver" && effect.delivery.type === "events" ? [effect.delivery] : [],
      );
      expect(shape(delivered)).toEqual([
        [104, 2],
        [110, 1],
      ]);
    }
  });
});
