import { describe, expect, it } from "vitest";
import type { HostName } from "../../../../src/core/placement/placement.ts";
import type { SymbolSummary } from "../../../../src/protocol/answers/answers.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { HostsWorld, shared } from "../hosts-world.ts";

const HOST = "host-0" as HostName;
const names = (...all: string[]) => all as SymbolName[];
const [A, B, C] = names("A", "B", "C") as [SymbolName, SymbolName, SymbolName];

function summary(symbol: SymbolName): SymbolSummary {
  const rest = { last: 1, last_ts: 1, change: 0, volume: 1, last_event: 1, viewers: 0 };
  return { symbol, ...rest } as unknown as SymbolSummary;
}

describe("a host's symbols", () => {
  it("R-1 are those that were pushed, and those that Postgres has something of", async () => {
    const world = new HostsWorld(shared(1));
    world.named.add(A);
    const host = world.host(HOST);
    host.push(B, "1");
    expect(await host.symbols.acquaintance(names("A", "B"))).toEqual({ kind: "known" });
    expect(await host.symbols.acquaintance(names("B", "C"))).toEqual({
      ...{ kind: "unknown", symbols: [C] },
    });
    expect(host.symbols.isKnown(SYSTEM_SYMBOL)).toBe(true);
    expect(host.registry.size).toBe(2);
  });

  it("are not said to be unknown while Postgres cannot be asked", async () => {
    const world = new HostsWorld(shared(1));
    world.isPostgresAway = true;
    const host = world.host(HOST);
    expect(await host.symbols.acquaintance([A])).toEqual({ kind: "unsure", symbols: [A] });
    world.isPostgresAway = false;
    world.now += 1_000;
    expect(await host.symbols.acquaintance([A])).toEqual({ kind: "unknown", symbols: [A] });
    world.isPostgresAway = true;
    expect(await host.symbols.acquaintance([A])).toEqual({ kind: "unsure", symbols: [A] });
  });

  it("are learned once, over restarts", async () => {
    const world = new HostsWorld(shared(1));
    world.named.add(A);
    expect(await world.host(HOST).symbols.learn()).toBe(true);
    world.restart();
    world.isPostgresAway = true;
    const host = world.host(HOST);
    expect(await host.symbols.learn()).toBe(true);
    expect(host.symbols.isKnown(A)).toBe(true);
  });

  it("S-7 wait for their place only where something may have been before", async () => {
    const world = new HostsWorld(shared(1));
    world.named.add(A);
    const host = world.host(HOST);
    expect(host.symbols.roomFor(B)).toMatchObject({ pending: "place", reaches: false });
    await host.symbols.learn();
    expect(host.symbols.roomFor(A)).toMatchObject({ pending: "place" });
    expect(host.symbols.roomFor(C)).toMatchObject({ pending: null, reaches: true });
    expect(await host.symbols.earlierPlace(A)).toBe("postgres");
    expect(await host.symbols.earlierPlace(B)).toBe("nowhere");
    world.isPostgresAway = true;
    expect(await host.symbols.earlierPlace(B)).toBe("unsure");
  });

  it("of imported bars alone are known, and have no place to wait for", async () => {
    const world = new HostsWorld(shared(1));
    const host = world.host(HOST);
    await host.symbols.learn();
    host.symbols.know([A], "bars");
    expect(host.symbols.roomFor(A)).toMatchObject({ pending: null });
    expect(await host.symbols.acquaintance([A])).toEqual({ kind: "known" });
    const { symbols } = await host.symbols.list(async () => null);
    expect(symbols).toMatchObject([{ symbol: A, last: null }]);
  });

  it("I-12 tell when bars were posted for them, each time later than before", async () => {
    const host = new HostsWorld(shared(1)).host(HOST);
    await host.symbols.learn();
    host.symbols.know([A, B]);
    const posted = async () => {
      const { symbols } = await host.symbols.list(async ({ symbol }) => summary(symbol));
      return symbols.filter(({ symbol }) => symbol !== C).map((line) => line.bars_posted ?? 0);
    };
    expect(await posted()).toEqual([0, 0]);
    host.symbols.know([A], "bars");
    const [first = 0] = await posted();
    host.symbols.know([A], "bars");
    expect(await posted()).toEqual([expect.toSatisfy((then) => then > first && first > 0), 0]);
  });

  it("L-23 that are new are counted by the holder of a token", async () => {
    const host = new HostsWorld(shared(1)).host(HOST);
    host.push(A, "1");
    expect(host.symbols.refuseNew("h", names("A", "1", "2", "3", "4", "5"))).toBeNull();
    expect(host.symbols.refuseNew("h", names("A", "6"))).toBe(60);
    expect(host.symbols.refuseNew("h", [A])).toBeNull();
  });

  it("are listed by name, and one whose room fails costs its own line alone", async () => {
    const world = new HostsWorld(shared(1));
    const host = world.host(HOST);
    await host.symbols.learn();
    for (const symbol of [C, A, B]) host.push(symbol, "1");
    const list = await host.symbols.list(async ({ symbol }) => {
      if (symbol === B) throw new Error("broken");
      return summary(symbol);
    });
    expect(list.complete).toBe(false);
    expect(list.symbols.map(({ symbol, last }) => [symbol, last])).toEqual([
      ...[
        [A, 1],
        [B, null],
        [C, 1],
      ],
    ]);
    expect(host.failures).toEqual(["line_not_made"]);
  });

  it("wait in the list for Postgres once, and not each of them", async () => {
    const world = new HostsWorld(shared(1));
    world.isPostgresAway = true;
    const host = world.host(HOST);
    for (let at = 0; at < 40; at += 1) host.push(`P${at}` as SymbolName, "1");
    let asked = 0;
    const list = await host.symbols.list(async () => {
      asked += 1;
      return null;
    });
    expect([list.complete, list.symbols.length, asked]).toEqual([false, 40, 0]);
  });

  it("wait in the list for a second at the most for what was before them, a few at once", async () => {
    const world = new HostsWorld(shared(1));
    const host = world.host(HOST);
    for (let at = 0; at < 40; at += 1) host.push(`P${at}` as SymbolName, "1");
    let atOnce = 0;
    let most = 0;
    const list = await host.symbols.list(async ({ symbol }) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await Promise.resolve();
      world.now += 100;
      atOnce -= 1;
      return summary(symbol);
    });
    const known = list.symbols.filter(({ last }) => last !== null);
    expect([list.complete, list.symbols.length, most]).toEqual([false, 40, 4]);
    expect(known.length).toBeGreaterThanOrEqual(10);
    expect(known.length).toBeLessThan(20);
  });

  it("of a large host are learned and listed in slices", async () => {
    const world = new HostsWorld(shared(1));
    for (let at = 0; at < 20_000; at += 1) world.named.add(`S${at}` as SymbolName);
    const host = world.host(HOST);
    expect(await host.symbols.learn()).toBe(true);
    expect(host.pauses).toBe(39);
    const { symbols } = await host.symbols.list(async ({ symbol }) => summary(symbol));
    expect(symbols.length).toBe(20_000);
    // Some 100 ms on a quiet machine. What is quadratic takes minutes, and a test may not.
    expect(host.pauses).toBeGreaterThan(39 + 100);
  });
});
