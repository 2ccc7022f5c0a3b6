import { expect, it } from "vitest";
import { alertStates, hostStates } from "../../../../src/telemetry/metrics.ts";
import { ModelHosts, SYMBOLS } from "../model/hosts.ts";
import { append } from "../model/requests.ts";
import { checkAtRest } from "../model/rest.ts";

const [BUSY] = SYMBOLS;
const shared = (hosts: number) => ({ ROOM_HOSTS: hosts, ROOM_DEDICATED: [] });

/** A request of some events for each symbol. */
function batch(size: number, ...symbols: (typeof SYMBOLS)[number][]) {
  const parts = symbols.map((symbol) => ({ symbol, size }));
  return { parts, tradeEvery: 2, repeatEvery: 0, lateByMs: 0, keyed: false };
}

function sum<State>(states: Iterable<State>, of: (state: State) => number): number {
  return Array.from(states, of).reduce((total, one) => total + one, 0);
}

/** What metrics tell of the hosts of this process, which are those of one test. */
function counts() {
  return {
    hosts: hostStates.size,
    rooms: sum(hostStates.all, ({ rooms }) => rooms),
    waiting: sum(hostStates.all, ({ outboxBytes }) => outboxBytes),
    firing: sum(alertStates.all, ({ firing }) => firing),
  };
}

/** How many alerts fire, by who says it to users. */
async function firingIn(hosts: ModelHosts): Promise<number> {
  let firing = 0;
  for (const symbol of SYMBOLS) {
    const { core } = hosts.hostOf(symbol);
    const { alerts } = await hosts.until(core.activeAlerts(symbol));
    firing += alerts.filter(({ state }) => state === "firing").length;
  }
  return firing;
}

it("T-3: rooms and alerts of symbols that have moved are counted once, and a host that the settings leave out while it has a backlog", async () => {
  const hosts = new ModelHosts(shared(2));
  const push = () => append(hosts, [batch(40, BUSY), batch(2, ...SYMBOLS)]);
  await push();
  const owners = new Set(SYMBOLS.map((symbol) => hosts.hostOf(symbol)));
  const comesToRest = async () => {
    await checkAtRest(hosts);
    const counted = counts();
    expect(counted.firing).toBeGreaterThan(0);
    expect(counted.firing).toBe(await firingIn(hosts));
    return counted;
  };
  const before = { rooms: SYMBOLS.length, waiting: 0 };
  expect(await comesToRest()).toMatchObject({ ...before, hosts: 2 });

  await hosts.setPostgres("away");
  await push();
  await hosts.place(shared(1));
  // The host that has nothing but a backlog wakes as well.
  for (const { core } of owners) await core.alarm();
  await push();
  expect(counts()).toMatchObject({ hosts: 2, rooms: SYMBOLS.length });
  expect(counts().waiting).toBeGreaterThan(0);
  await hosts.setPostgres("up");
  expect(await comesToRest()).toMatchObject({ ...before, hosts: 1 });

  // And where it is a part of the symbols that moves.
  await hosts.place(shared(2));
  for (const { core } of owners) await core.alarm();
  await push();
  expect(await comesToRest()).toMatchObject({ ...before, hosts: 2 });
});
