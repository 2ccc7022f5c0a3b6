import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostName, hostOf } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { HostsWorld, shared } from "../hosts-world.ts";

const name = (text: string) => text as HostName;

/** A symbol that is on `on` of two hosts. */
function symbolOn(on: string): SymbolName {
  for (let at = 0; ; at += 1) {
    const symbol = `S${at}` as SymbolName;
    if (hostOf(symbol, shared(2)) === on) return symbol;
  }
}
const MOVES = symbolOn("host-1");
const STAYS = symbolOn("host-0");

async function drainAll(world: HostsWorld): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    // Whoever could not ask a moment ago asks again.
    world.now += 2_000;
    for (const host of world.names()) await world.host(host).drain();
  }
}

describe("a symbol that moves to another host", () => {
  it("takes everything along, once, from one host to two and back", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    world.hostOf(STAYS).push(STAYS, "1");
    await world.host(name("host-0")).symbols.learn();
    world.restart(shared(2));
    expect(world.hostOf(MOVES).push(MOVES, "2")).toBe("appended");
    expect(world.hostOf(STAYS).push(STAYS, "2")).toBe("appended");
    await world.hostOf(MOVES).drain();
    expect(world.textsOf(MOVES)).toEqual(["1", "2"]);
    expect(world.host(name("host-0")).registry.find(MOVES)?.isSealed).toBe(true);
    expect(world.host(name("host-0")).registry.find(STAYS)?.isSealed).toBe(false);
    world.restart(shared(1));
    expect(world.hostOf(MOVES).push(MOVES, "3")).toBe("appended");
    await drainAll(world);
    expect(world.textsOf(MOVES)).toEqual(["1", "2", "3"]);
    expect(world.textsOf(STAYS)).toEqual(["1", "2"]);
    expect(world.host(name("host-1")).registry.find(MOVES)?.isSealed).toBe(true);
  });

  it("to a host of its own and back again", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    world.restart(shared(1, MOVES));
    const own = world.hostOf(MOVES);
    own.push(MOVES, "2");
    await own.drain();
    await Promise.all(own.work);
    expect(world.textsOf(MOVES)).toEqual(["1", "2"]);
    expect(world.placements.hostsOf(shared(1, MOVES))).toEqual(["host-0", `room:${MOVES}`]);
    expect(world.placements.hostsOf(shared(1))).toEqual(["host-0"]);
    world.restart(shared(1));
    // Nobody has touched it here since: the own host is known by what the Keeper wrote down.
    expect(await world.host(name("host-0")).symbols.acquaintance([MOVES])).toEqual({
      kind: "known",
    });
    expect(await world.host(name("host-0")).symbols.earlierPlace(MOVES)).toBe("postgres");
    expect(world.host(name(`room:${MOVES}`)).registry.find(MOVES)?.isSealed).toBe(true);
  });

  it("takes pushes and is unsure while the host that had it cannot be reached", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    await world.host(name("host-0")).symbols.learn();
    world.restart(shared(2));
    world.dead.add(name("host-0"));
    const to = world.hostOf(MOVES);
    expect(to.push(MOVES, "2")).toBe("appended");
    expect(await to.symbols.earlierPlace(MOVES)).toBe("unsure");
    expect(await to.symbols.acquaintance(["X" as SymbolName])).toMatchObject({ kind: "unsure" });
    await to.drain();
    expect(world.textsOf(MOVES)).toEqual([]);
    world.dead.clear();
    await drainAll(world);
    expect(world.textsOf(MOVES)).toEqual(["1", "2"]);
  });

  it("I-6 is asked about keys, and nobody says yes or no while the Keeper or the host cannot answer", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    await world.host(name("host-0")).symbols.learn();
    world.restart(shared(2));
    world.isKeeperAway = true;
    const to = world.hostOf(MOVES);
    const request = { key: "k", fingerprint: "body" };
    expect(await to.hadElsewhere(request, [MOVES])).toBeNull();
    // Asked again before its time: there is no error then, and nothing that would be taken for a bug.
    expect(await to.hadElsewhere(request, [MOVES])).toBeNull();
    expect(new Set(to.failures)).toEqual(new Set(["keeper_not_told"]));
    world.isKeeperAway = false;
    world.dead.add(name("host-0"));
    world.now += 60_000;
    expect(await to.hadElsewhere(request, [MOVES])).toBeNull();
    expect(to.failures).toContain("key_not_looked_up");
    world.dead.clear();
    expect(await to.hadElsewhere(request, [MOVES])).toEqual(new Map());
  });

  it("waits until all that it had is in Postgres", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    world.isPostgresAway = true;
    world.restart(shared(2));
    const to = world.hostOf(MOVES);
    to.push(MOVES, "2");
    expect(await to.symbols.earlierPlace(MOVES)).toBe("unsure");
    expect(await world.host(name("host-0")).handOver(MOVES, 1)).toEqual({ kind: "not_yet" });
    world.isPostgresAway = false;
    await drainAll(world);
    expect(world.textsOf(MOVES)).toEqual(["1", "2"]);
    expect(await to.symbols.earlierPlace(MOVES)).toBe("postgres");
    expect(to.symbols.handedOverThrough(MOVES)).toBe(1_001);
  });

  it("is known where it came, before anybody touches it and before Postgres has it", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    world.restart(shared(2));
    expect(await world.hostOf(MOVES).symbols.acquaintance([MOVES])).toEqual({ kind: "known" });
    const { symbols } = await world.hostOf(STAYS).symbols.list(async () => null);
    expect(symbols).toEqual([]);
  });

  it("has its viewers come back, and takes nothing more where it was", async () => {
    const world = new HostsWorld(shared(1));
    const from = world.hostOf(MOVES);
    from.push(MOVES, "1");
    world.placements.announce(null, shared(1));
    // An object of a version before, beside new ones: it knows its old settings alone.
    await from.symbols.learn();
    expect(await from.handOver(MOVES, 1)).toMatchObject({ kind: "handed_over" });
    expect(from.closed).toEqual([MOVES]);
    expect(from.push(MOVES, "2")).toBe("moved");
    expect(await from.handOver("NEW" as SymbolName, 1)).toEqual({ kind: "never_here" });
    expect(from.push("NEW" as SymbolName, "1")).toBe("moved");
    // But where its settings hold on, they are the newer ones.
    world.now += 360_001;
    expect(from.push(MOVES, "2")).toBe("appended");
  });

  it("is drained by the host that it left, whoever asks for it or not", async () => {
    const world = new HostsWorld(shared(1));
    world.hostOf(MOVES).push(MOVES, "1");
    world.restart(shared(0));
    await world.host(name("host-0")).drain();
    expect(world.textsOf(MOVES)).toEqual(["1"]);
  });

  it("is handed back by whoever has it now, not by whoever had it before", async () => {
    const world = new HostsWorld(shared(1));
    world.isPostgresAway = true;
    world.hostOf(MOVES).push(MOVES, "1");
    await world.host(name("host-0")).symbols.learn();
    world.restart(shared(2));
    world.hostOf(MOVES).push(MOVES, "2");
    await world.hostOf(MOVES).symbols.learn();
    world.restart(shared(1));
    world.hostOf(MOVES).push(MOVES, "3");
    // Each has what only the other could place, were nobody's tenure older than the other's.
    world.isPostgresAway = false;
    await drainAll(world);
    // What the other one had comes late, for this host slept through that time.
    expect(world.textsOf(MOVES)).toEqual(["1", "3", "2"]);
    expect(world.host(name("host-0")).registry.find(MOVES)?.isSealed).toBe(false);
  });
});

const SYMBOLS = ["A", "B", "C", "D", "E"] as SymbolName[];
const PLACEMENTS = [shared(1), shared(2), shared(3), shared(0), shared(2, "A"), shared(1, "[!A]")];
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ push: fc.constantFrom(...SYMBOLS) }) },
  {
    weight: 2,
    arbitrary: fc.record({ place: fc.nat(PLACEMENTS.length - 1), wakes: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ postgres: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ keeper: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ dead: fc.option(fc.constantFrom("host-0", "host-1")) }) },
  { weight: 2, arbitrary: fc.record({ drain: fc.constantFrom(...SYMBOLS) }) },
  { weight: 2, arbitrary: fc.record({ read: fc.constantFrom(...SYMBOLS) }) },
);

describe("symbols that are placed anew, again and again", () => {
  it("INV-1 lose nothing, and have nothing twice, whatever is away meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new HostsWorld(shared(1));
        const pushed = new Map<SymbolName, string[]>();
        for (const [at, one] of steps.entries()) {
          world.now += 1_500;
          await new Promise(setImmediate);
          if ("push" in one && world.hostOf(one.push).push(one.push, `${at}`) === "appended") {
            pushed.set(one.push, [...(pushed.get(one.push) ?? []), `${at}`]);
          } else if ("place" in one) {
            world.restart(PLACEMENTS[one.place]);
            if (one.wakes) for (const host of world.names()) await world.host(host).symbols.learn();
          } else if ("postgres" in one) world.isPostgresAway = !one.postgres;
          else if ("keeper" in one) world.isKeeperAway = !one.keeper;
          else if ("dead" in one) {
            world.dead.clear();
            if (one.dead !== null) world.dead.add(name(one.dead));
          } else if ("drain" in one) await world.hostOf(one.drain).drain();
          else if ("read" in one) await world.hostOf(one.read).symbols.acquaintance([one.read]);
        }
        world.isPostgresAway = false;
        world.isKeeperAway = false;
        world.dead.clear();
        await drainAll(world);
        expect(world.disorder).toEqual([]);
        for (const [symbol, texts] of pushed) {
          expect([...world.textsOf(symbol)].sort()).toEqual([...texts].sort());
          const host = world.hostOf(symbol);
          expect(await host.symbols.acquaintance([symbol])).toEqual({ kind: "known" });
          expect(host.push(symbol, "more")).toBe("appended");
        }
      }),
      { numRuns: 150 },
    );
  });
});
