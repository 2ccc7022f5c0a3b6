import { expect, it } from "vitest";
import { type KnownDatabase, ReplacedDatabase } from "../../../durable/keeper/replaced-database.ts";
import type { Replacement } from "../../../src/db/upkeep/database-identity.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";

/** A keeper with 450 rooms, of which the second half lost something; one that dies does so at this room. */
function keeperWith() {
  const names = Array.from({ length: 450 }, (_, at) => `S${at + 100}` as SymbolName);
  const world = {
    kept: undefined as KnownDatabase | undefined,
    dyingAt: null as string | null,
    met: [] as string[],
    notes: [] as Replacement[],
    said: [] as Replacement[],
  };
  const keeper = () =>
    new ReplacedDatabase({
      load: async () => structuredClone(world.kept),
      save: async (known) => {
        world.kept = structuredClone(known);
      },
      namesAfter: async (name, most) => names.filter((one) => one > name).slice(0, most),
      meet: async (symbol) => {
        if (symbol === world.dyingAt) throw new Error("killed");
        world.met.push(symbol);
        const at = names.indexOf(symbol);
        return { resends: true, lostThrough: at >= 225 ? (at as Cursor) : null };
      },
      note: async (_, replacement) => void world.notes.push({ ...replacement }),
      replaced: (replacement) => void world.said.push(replacement),
      nowUs: () => 7 as EpochUs,
    });
  return { world, keeper, names };
}

it("S-8 the first database that is heard of asks nobody, another one all rooms, once", async () => {
  const { world, keeper, names } = keeperWith();
  await keeper().hear("a");
  expect(world.met).toEqual([]);
  await keeper().hear("b");
  await keeper().hear("b");
  expect(world.met).toEqual(names);
  expect(world.said).toEqual([{ sinceUs: 7, rooms: 450, lostTo: 449 }]);
  expect(world.notes.at(-1)).toEqual(world.said[0]);
});

it("S-8 a Keeper that was ended in the midst of it goes on where it was", async () => {
  const { world, keeper, names } = keeperWith();
  await keeper().hear("a");
  world.dyingAt = "S350";
  await expect(keeper().hear("b")).rejects.toThrow("killed");
  world.dyingAt = null;
  await keeper().hear("b");
  expect(new Set(world.met).size).toBe(names.length);
  expect(world.said).toEqual([{ sinceUs: 7, rooms: 450, lostTo: 449 }]);
});
