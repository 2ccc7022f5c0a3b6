import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AddressedEvent,
  decodeFrame,
  encodeEvents,
  encodeFrames,
  FRAME_CHARS,
  tradeKey,
} from "../../../../src/core/events/encode-events.ts";
import type { TapeEvent, TradeEvent } from "../../../../src/protocol/events/event.ts";
import { eventsMessage, MAX_FRAME_EVENTS } from "../../../../src/protocol/events/frame.ts";
import { eventsSchema } from "../../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const event: fc.Arbitrary<TapeEvent> = fc.oneof(
  fc.record({
    kind: fc.constant("metric" as const),
    ts: fc.integer().map((us) => us as EpochUs),
    metric: text,
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    labels: fc.dictionary(fc.constantFrom("a", "b"), fc.string({ maxLength: 2_000 })),
  }),
  fc.record({
    kind: fc.constant("trade" as const),
    ts: fc.integer().map((us) => us as EpochUs),
    price: fc.integer(),
    size: fc.nat(),
    id: text,
  }),
);

describe("E-3 frames", () => {
  it("hold every event in its order, 50 at most, and are no longer than a frame may be", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 130, size: "max" }), (events) => {
        const frames = encodeFrames(events);
        expect(frames.flatMap((frame) => decodeFrame(frame.text))).toEqual(events);
        for (const frame of frames) {
          expect(frame.count).toBe(decodeFrame(frame.text).length);
          expect(frame.count).toBeLessThanOrEqual(MAX_FRAME_EVENTS);
          if (frame.count > 1) expect(frame.text.length).toBeLessThanOrEqual(FRAME_CHARS);
          // A row of the log joins frames by line feeds.
          expect(frame.text).not.toContain("\n");
        }
      }),
      { numRuns: 50 },
    );
  });

  it("make messages of the protocol", () => {
    const trade: TradeEvent = { kind: "trade", ts: 1 as EpochUs, price: 1, size: 1 };
    const [frame] = encodeFrames([trade, trade]);
    const message = JSON.parse(eventsMessage(7 as Cursor, frame?.text ?? "", [])) as unknown;
    expect(eventsSchema.parse(message)).toEqual({
      type: "events",
      cursor: 7,
      events: [trade, trade],
    });
  });
});

describe("I-7 the identity of a trade", () => {
  const trade: TradeEvent = { kind: "trade", ts: 1 as EpochUs, price: 1, size: 1 };
  it("is its venue, id and ts, and nothing without an id", () => {
    expect(tradeKey(trade)).toBeNull();
    const keys = [
      { ...trade, id: "a" },
      { ...trade, id: "a", price: 2 },
      { ...trade, id: "b" },
      { ...trade, id: "a", venue: "x" },
      { ...trade, id: "a", ts: 2 as EpochUs },
    ].map(tradeKey);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
  });

  it("goes along with a batch in the order of its events", () => {
    const addressed: AddressedEvent[] = [
      { symbol: "A" as SymbolName, event: { ...trade, id: "1" } },
      { symbol: "B" as SymbolName, event: trade },
      { symbol: "A" as SymbolName, event: trade },
    ];
    const [a, b, ...none] = encodeEvents(addressed);
    expect(none).toEqual([]);
    expect(a?.tradeKeys).toEqual([tradeKey(addressed[0]?.event ?? trade), null]);
    expect(b?.tradeKeys).toBeUndefined();
  });
});
