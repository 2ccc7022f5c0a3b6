import fc from "fast-check";
import { expect, test } from "vitest";
import { NameSets } from "../../../durable/streams/latest/name-sets.ts";
import { SharedSeats } from "../../../durable/streams/latest/shared-seats.ts";
import { Seat, type SeatOwner } from "../../../durable/streams/stream/seat.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const NAMES = ["A", "B", "C"] as unknown as readonly SymbolName[];
const OWNER: SeatOwner = {
  ...{ heardMs: 0, hear: () => undefined },
  ...{ mustWait: () => false, ended: () => undefined },
};

const step = fc.record({
  do: fc.constantFrom("set", "set", "delete", "clear", "share"),
  who: fc.nat(2),
  name: fc.nat(NAMES.length - 1),
});

test("streams with the same rooms keep their names once, and what one changes is its own", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const sets = new NameSets();
      const all = [0, 1, 2].map(() => ({
        seats: new SharedSeats(sets, OWNER),
        names: new Set<SymbolName>(),
      }));
      for (const { do: what, who, name: nth } of steps) {
        const { seats, names } = all[who] as (typeof all)[number];
        const name = NAMES[nth] as SymbolName;
        if (what === "set") {
          seats.set(name);
          names.add(name);
        } else if (what === "delete") expect(seats.delete(name)).toBe(names.delete(name));
        else if (what === "clear") {
          seats.clear();
          names.clear();
        } else expect([...seats.shared.names].sort()).toEqual([...names].sort());
        for (const each of all) {
          expect(new Set(each.seats.keys())).toEqual(each.names);
          expect([...each.seats.values()].map(({ symbol }) => symbol)).toEqual([
            ...each.seats.keys(),
          ]);
          for (const symbol of NAMES) {
            expect(each.seats.get(symbol) instanceof Seat).toBe(each.names.has(symbol));
          }
        }
      }
      const texts = all.map(({ names }) => [...names].sort().join());
      const shared = all.map(({ seats }) => seats.shared);
      for (const [a, one] of shared.entries()) {
        for (const [b, other] of shared.entries()) {
          expect(one === other).toBe(texts[a] === texts[b]);
          expect(one.id === other.id).toBe(texts[a] === texts[b]);
        }
      }
      expect(sets.size).toBe([...new Set(shared)].reduce((sum, { names }) => sum + names.size, 0));
      for (const { seats } of all) seats.clear();
      expect(sets.size).toBe(0);
    }),
  );
});
