import { describe, expect, it } from "vitest";
import { DescriptorBudget, sharesOf } from "../../../../src/core/limits/descriptor-budget.ts";
import { hostsElsewhere, ownerOfHost } from "../../../../src/core/placement/ownership.ts";
import { type HostName, sharedHosts } from "../../../../src/core/placement/placement.ts";
import type { RelayName } from "../../../../src/core/placement/relaying.ts";

function budgetOf(limit: number, open = 60) {
  const state = { open, nowMs: 1_000_000, counts: 0, isBroken: false };
  const budget = new DescriptorBudget({
    limit,
    count: async () => {
      state.counts += 1;
      if (state.isBroken) throw new Error("EMFILE");
      return state.open;
    },
    nowMs: () => state.nowMs,
  });
  return { budget, state };
}

const hosts = (...names: string[]) => names as HostName[];

function letIn(budget: DescriptorBudget): number {
  for (let viewers = 0; ; viewers += 1) if (!budget.takeViewer()) return viewers;
}

describe("L-20 descriptors", () => {
  it.each([
    [600, 118, 153],
    [1_024, 224, 277],
    [20_000, 7_920, 6_304],
  ])(
    "of %i are shared out: %i viewers, and hosts, before some are kept",
    (limit, viewers, hosts) => {
      const shares = sharesOf(limit);
      expect(shares).toMatchObject({ viewers, hosts });
      expect(limit - shares.viewersEnd).toBe(Math.min(limit / 2, 4_096));
      expect(shares.hostsEnd).toBeGreaterThan(shares.viewersEnd);
    },
  );

  it.each([
    // A relay takes three: (300 - 64 - 3) / 2.
    [600, 1, 116],
    [1_024, 32, 176],
    // Each viewer may be on a relay of its own: (300 - 64) / 5.
    [600, 512, 47],
  ])("of %i with %i relays leave place for %i viewers", (limit, relays, viewers) => {
    expect(sharesOf(limit, relays).viewers).toBe(viewers);
  });

  it("are taken by relays as well, once while they are open, and between two counts", async () => {
    const { budget, state } = budgetOf(600, 290);
    await budget.look();
    expect(budget.takeRelay("runtime-1/host-0" as RelayName)).toBe(true);
    expect(budget.takeRelay("runtime-1/host-2" as RelayName)).toBe(true);
    expect(budget.open).toBe(296);
    expect(budget.takeRelay("runtime-1/host-0" as RelayName)).toBe(true);
    expect(budget.open).toBe(296);
    expect(letIn(budget)).toBe(2);
    expect(budget.takeRelay("runtime-1/host-4" as RelayName)).toBe(false);
    state.nowMs += 11_000;
    await budget.look();
    // Nobody has used it meanwhile: it has to be opened again.
    expect(budget.takeRelay("runtime-1/host-0" as RelayName)).toBe(true);
    expect(budget.open).toBe(293);
  });

  it.each([
    [1, 2, [0, 1]],
    [5, 2, [2, 3]],
    [2, 4, [1, 1, 2, 2]],
    [0, 2, [0, 0]],
  ])("may be taken by relays of %i hosts among %i runtimes", (hosts, runtimes, relays) => {
    expect(relays.map((_, own) => hostsElsewhere(hosts, runtimes, own))).toEqual(relays);
    for (const [own, expected] of relays.entries()) {
      const others = sharedHosts({ ROOM_HOSTS: hosts, ROOM_DEDICATED: [] }).filter(
        (host) => ownerOfHost(host, runtimes, () => "") !== own,
      );
      expect(others).toHaveLength(expected);
    }
  });

  it("keep so many for others, however many viewers come between two counts", async () => {
    const { budget, state } = budgetOf(1_024);
    await budget.look();
    expect(letIn(budget)).toBe(226);
    // They have come: as many as were promised are open now.
    state.open += 452;
    state.nowMs += 600;
    await budget.look();
    expect(letIn(budget)).toBe(0);
    expect(budget.takeHosts(hosts("A", "B"), "push")).toBe(true);
    state.open -= 20;
    state.nowMs += 600;
    await budget.look();
    expect(letIn(budget)).toBe(10);
  });

  it("are counted once in a while, sooner where many come, and by one who asks", async () => {
    const { budget, state } = budgetOf(1_024);
    await Promise.all([budget.look(), budget.look(), budget.look()]);
    await budget.look();
    expect(state.counts).toBe(1);
    for (let viewer = 0; viewer < 60; viewer += 1) budget.takeViewer();
    await budget.look();
    expect(state.counts).toBe(2);
    state.nowMs += 500;
    await budget.look();
    state.nowMs -= 3_600_000;
    await budget.look();
    expect(state.counts).toBe(4);
  });

  it("are not asked for again by hosts that are open", async () => {
    const { budget, state } = budgetOf(600, 510);
    await budget.look();
    expect(budget.takeHosts(hosts("A", "B", "C"), "push")).toBe(true);
    expect(budget.takeHosts(hosts("D", "E", "F", "G", "H", "I"), "push")).toBe(false);
    state.open = 522;
    state.nowMs += 9_000;
    await budget.look();
    expect(budget.takeHosts(hosts("C", "A"), "push")).toBe(true);
    state.nowMs += 9_000;
    expect(budget.takeHosts(hosts("A"), "push")).toBe(true);
    // Nobody has used it for 18 s: the runtime has closed it.
    expect(budget.takeHosts(hosts("B"), "push")).toBe(true);
    state.open = 523;
    state.nowMs += 600;
    await budget.look();
    expect(budget.takeHosts(hosts("D"), "push")).toBe(false);
  });

  it("are left to those who push by those who read, however many hosts these go round", async () => {
    const { budget } = budgetOf(600, 116);
    await budget.look();
    let read = 0;
    while (budget.takeHosts(hosts(`R${read}`), "read")) read += 1;
    expect(read).toBeGreaterThan(50);
    let pushed = 0;
    while (budget.takeHosts(hosts(`P${pushed}`), "push")) pushed += 1;
    expect(pushed).toBeGreaterThan(30);
  });

  it("that cannot be counted are all taken, or, where they never could be, none is refused", async () => {
    const { budget, state } = budgetOf(600);
    await budget.look();
    state.isBroken = true;
    state.nowMs += 600;
    await budget.look();
    expect(budget.takeViewer()).toBe(false);
    expect(budget.open).toBe(600);

    const never = budgetOf(600);
    never.state.isBroken = true;
    await never.budget.look();
    for (let viewer = 0; viewer < 1_000; viewer += 1) expect(never.budget.takeViewer()).toBe(true);
    expect(never.budget.open).toBeNull();
  });
});
