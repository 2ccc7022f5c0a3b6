import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SymbolBatch } from "../../../../src/core/events/encode-events.ts";
import { packRooms, unpackRooms } from "../../../../src/core/events/packed-rooms.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";

const most = <Item>(one: fc.Arbitrary<Item>, length: number) =>
  fc.array(one, { minLength: 1, maxLength: length });
const frame = fc.record(
  { text: fc.string({ unit: "grapheme" }), count: fc.nat(50) },
  { noNullPrototype: true },
);
const room: fc.Arbitrary<SymbolBatch> = fc.record(
  {
    symbol: fc.string().map((text) => text as SymbolName),
    frames: most(frame, 3),
    tradeKeys: fc.array(fc.option(fc.string()), { maxLength: 3 }),
    bookTs: fc.integer().map((us) => us as EpochUs),
    series: most(fc.maxSafeNat(), 3),
  },
  { requiredKeys: ["symbol", "frames"], noNullPrototype: true },
);

describe("packed rooms", () => {
  it("are what was packed, also behind a call", () => {
    fc.assert(
      fc.property(fc.array(room), (rooms) => {
        expect(unpackRooms(structuredClone(packRooms(rooms)))).toStrictEqual(rooms);
      }),
    );
  });

  it("say no counts where each symbol has one frame and one series", () => {
    const rooms = ["A", "B"].map((name) => ({
      ...{ symbol: name as SymbolName, frames: [{ text: name, count: 1 }], series: [1] },
    }));
    expect(Object.keys(packRooms(rooms)).sort()).toEqual(["counts", "series", "symbols", "texts"]);
  });
});
