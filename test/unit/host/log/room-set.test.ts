import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RoomId } from "../../../../durable/host/log/rows/log-row.ts";
import { RoomSet } from "../../../../durable/host/log/rows/room-set.ts";

const room = fc.oneof(
  fc.integer({ min: 1, max: 70 }),
  fc.integer({ min: 1, max: 3_000 }),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
) as fc.Arbitrary<RoomId>;
const rooms = fc.oneof(
  fc.array(room, { maxLength: 100 }),
  // Close together, where bits are shorter.
  fc
    .tuple(fc.nat({ max: 9_000 }), fc.array(fc.integer({ min: 1, max: 200 })))
    .map(([base, near]) => near.map((each) => (base + each) as RoomId)),
);

describe("a set of rooms", () => {
  it("has what was put into it and nothing else, also after it was written and read", () => {
    fc.assert(
      fc.property(rooms, fc.array(room), (members, others) => {
        const expected = new Set(members);
        for (const set of [RoomSet.of(members), RoomSet.parse(RoomSet.of(members).toText())]) {
          expect([...set]).toEqual([...expected].sort((a, b) => a - b));
          for (const each of [...members, ...others]) {
            for (const near of [each - 1, each, each + 1]) {
              expect(set.has(near as RoomId)).toBe(expected.has(near as RoomId));
            }
          }
        }
      }),
    );
  });

  it("takes about a bit a room where they are close, and about a byte where they are not", () => {
    const all = Array.from({ length: 4_000 }, (_, at) => (at + 1) as RoomId);
    expect(RoomSet.of(all).toText().length).toBeLessThan(700);
    const few = all.filter((each) => each % 100 === 0);
    expect(RoomSet.of(few).toText().length).toBeLessThan(60);
    expect(RoomSet.of([]).toText().length).toBeLessThan(5);
  });
});
