import { expect, it } from "vitest";
import { type KnownDatabase, ReplacedDatabase } from "../../../durable/keeper/replaced-database.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { Replacement } from "../../../src/db/upkeep/database-identity.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

/** A keeper with 450 hosts of two rooms, of which the second half lost something; one that dies does so at this host. */
function keeperWith() {
  const names = Array.from({ length: 450 }, (_, at) => `room:S${at + 100}` as HostName);
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
      hosts: async () => names.toReversed(),
      meet: async (host) => {
        if (host === world.dyingAt) throw new Error("killed");
        world.met.push(host);
        const at = names.indexOf(host);
        return { rooms: 2, lostThrough: at >= 225 ? (at as Cursor) : null };
      },
      note: async (_, replacement) => void world.notes.push({ ...replacement }),
      replaced: (replacement) => void world.said.push(replacement),
      nowUs: () => 7 as EpochUs,
    });
  return { world, keeper, names };
}

it("S-8 the first database that is heard of asks nobody, another one all hosts, once", async () => {
  const { world, keeper, names } = keeperWith();
  await keeper().hear("a");
  expect(world.met).toEqual([]);
  await keeper().hear("b");
  await keeper().hear("b");
  expect(world.met).toEqual(names);
  expect(world.said).toEqual([{ sinceUs: 7, rooms: 900, lostTo: 449 }]);
  expect(world.notes.at(-1)).toEqual(world.said[0]);
});

it("S-8 a Keeper that was ended in the midst of it goes on where it was", async () => {
  const { world, keeper, names } = keeperWith();
  await keeper().hear("a");
  world.dyingAt = "room:S350";
  await expect(keeper().hear("b")).rejects.toThrow("killed");
  world.dyingAt = null;
  await keeper().hear("b");
  expect(new Set(world.met).size).toBe(names.length);
  expect(world.said).toEqual([{ sinceUs: 7, rooms: 900, lostTo: 449 }]);
});

it("S-8 where a version before was asking rooms all hosts are asked, and counted once", async () => {
  const { world, keeper, names } = keeperWith();
  const asking = { sinceUs: 5 as EpochUs, rooms: 70, lostTo: 9 as Cursor, after: "T" };
  world.kept = { identity: "b", asking };
  await keeper().hear("b");
  expect(world.met).toEqual(names);
  expect(world.said).toEqual([{ sinceUs: 5, rooms: 900, lostTo: 449 }]);
  expect(world.kept).toEqual({ identity: "b", asking: null });
});

it("S-8 no host at all is a replacement too", async () => {
  const { world, keeper, names } = keeperWith();
  names.length = 0;
  await keeper().hear("a");
  await keeper().hear("b");
  expect(world.said).toEqual([{ sinceUs: 7, rooms: 0, lostTo: null }]);
  expect(world.notes).toEqual(world.said);
});
