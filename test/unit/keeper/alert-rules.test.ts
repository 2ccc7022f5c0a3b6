import { expect, test } from "vitest";
import { AlertRules } from "../../../durable/keeper/alert-rules.ts";
import { type HostName, hostOf } from "../../../src/core/placement/placement.ts";
import type { AlertRule } from "../../../src/protocol/alerts/rule.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { memorySql } from "../room/sqlite-port.ts";

const RULE: AlertRule = {
  ...{ name: "high", symbols: "BTC-*", on: { price: "last" }, condition: { above: 1 } },
};
const own = (symbol: string) => hostOf(symbol as SymbolName, { ROOM_HOSTS: 0, ROOM_DEDICATED: [] });

/** `reachable`: who can be told; `told`: who was, and of how many rules. */
function rulesOver(hosts: HostName[]) {
  const told: [host: HostName, rules: number][] = [];
  const world = { hosts, reachable: new Set(hosts), told, placement: "a" };
  const rules = new AlertRules({
    ...{ sql: memorySql(), limit: 0, nowUs: () => 1, failed: () => undefined },
    hosts: () => world.hosts,
    placement: () => world.placement,
    tell: async (host, catalog) => {
      if (!world.reachable.has(host)) throw new Error("away");
      told.push([host, catalog.rules.length]);
    },
  });
  return { rules, world };
}

test("AL-1 a host that was away hears of a rule the next time", async () => {
  const [one, two] = [own("BTC-USD"), own("BTC-EUR")];
  const { rules, world } = rulesOver([one, two]);
  world.reachable.delete(two);
  rules.put(RULE);
  await rules.push();
  expect([world.told, rules.waiting]).toEqual([[[one, 1]], 1]);
  world.reachable.add(two);
  await rules.push();
  expect([world.told.at(-1), rules.waiting]).toEqual([[two, 1], 0]);
});

/** The hosts are these now. */
async function moveTo(
  { rules, world }: ReturnType<typeof rulesOver>,
  placement: string,
  hosts: HostName[],
): Promise<void> {
  Object.assign(world, { placement, hosts, reachable: new Set(hosts) });
  world.told.length = 0;
  if (!rules.isPlaced) rules.placed();
  await rules.push();
}

test("AL-10 hosts of another placement hear of the rules, and once", async () => {
  const over = rulesOver([]);
  const { rules, world } = over;
  rules.placed();
  rules.put(RULE);
  expect([rules.isPlaced, rules.waiting]).toEqual([true, 0]);
  await moveTo(over, "b", [own("BTC-USD"), own("ETH-USD")]);
  expect(world.told).toEqual([
    [own("BTC-USD"), 1],
    [own("ETH-USD"), 0],
  ]);
  await moveTo(over, "b", world.hosts);
  expect([world.told, rules.isPlaced, rules.waiting]).toEqual([[], true, 0]);
});

test("AL-10 a host that other settings had left out hears of what was set and deleted meanwhile", async () => {
  const [one, two] = [own("BTC-USD"), own("BTC-EUR")];
  const over = rulesOver([one, two]);
  const { rules, world } = over;
  rules.placed();
  // The settings are others before anybody has looked, and then are those of before again.
  Object.assign(world, { placement: "b", hosts: [one] });
  rules.put(RULE);
  await moveTo(over, "a", [one, two]);
  expect(world.told).toContainEqual([two, 1]);
  Object.assign(world, { placement: "b", hosts: [one] });
  rules.remove(RULE.name);
  await moveTo(over, "a", [one, two]);
  expect(world.told).toContainEqual([two, 0]);
});

test("AL-13 rules that are set while hosts are being told are told together", async () => {
  const host = own("BTC-USD");
  const { rules, world } = rulesOver([host]);
  rules.put(RULE);
  const first = rules.push();
  await Promise.resolve();
  const others = Array.from({ length: 9 }, (_, nth) => {
    rules.put({ ...RULE, name: `r${nth}` });
    return rules.push();
  });
  await Promise.all([first, ...others]);
  expect(world.told.length).toBeLessThanOrEqual(2);
  expect([world.told.at(-1), rules.waiting]).toEqual([[host, 10], 0]);
});

test("AL-13 a list becomes the whole of what its sender covers, or nothing is changed", () => {
  const { rules } = rulesOver([]);
  const of = (name: string, symbols: string) => ({ ...RULE, name, symbols });
  rules.setAll([of("a", "A"), of("b", "B")], null);
  expect(rules.setAll([of("c", "A")], ["A"])).toEqual({
    ...{ kind: "set", made: ["c"], changed: [], deleted: ["a"], unchanged: [] },
  });
  expect(rules.setAll([of("b", "A")], ["A"])).toEqual({ kind: "taken", names: ["b"] });
  expect(rules.all.map(({ rule }) => rule.name)).toEqual(["b", "c"]);
});
