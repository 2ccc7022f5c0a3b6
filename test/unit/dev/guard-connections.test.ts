import { expect, it } from "vitest";
import { Connections } from "../../../dev/guard/connections.ts";
import { guardLimits } from "../../../dev/guard/guard-limits.ts";

class FakeConnection {
  isClosed = false;
  destroy(): void {
    this.isClosed = true;
  }
}

function world(idle: number, busy: number) {
  const connections = new Connections<FakeConnection>({ idle, busy });
  const open = (count: number) =>
    Array.from({ length: count }, () => {
      const one = new FakeConnection();
      connections.opened(one);
      return one;
    });
  const closed = (all: readonly FakeConnection[]) => all.map(({ isClosed }) => isClosed);
  return { connections, open, closed };
}

it("L-20 what fits is below the limit, whatever it is", () => {
  for (const limit of [256, 600, 1_024, 20_000]) {
    const { idle, busy } = guardLimits(limit);
    expect(idle + 2 * busy).toBeLessThan(limit - 60);
  }
});

it("L-20 closes the oldest connection that has never asked, before one that asks now and again", () => {
  const { connections, open, closed } = world(3, 10);
  const [producer] = open(1) as [FakeConnection];
  expect(connections.begin(producer)).toBe(true);
  const silent = open(3);
  connections.received(producer);
  connections.end(producer, true);
  expect(closed(silent)).toEqual([true, false, false]);
  open(3);
  expect(closed(silent)).toEqual([true, true, true]);
  expect(producer.isClosed).toBe(false);
});

it("L-20 closes the one that asked longest ago, where all have asked", () => {
  const { connections, open, closed } = world(2, 10);
  const all = open(2);
  for (const one of all) connections.begin(one);
  const [late] = open(1) as [FakeConnection];
  connections.begin(late);
  for (const one of [...all, late]) connections.end(one, true);
  expect(closed([...all, late])).toEqual([true, false, false]);
});

it("L-20 gives the place of a request that is still being sent to the next, and refuses where there is none", () => {
  const { connections, open } = world(10, 2);
  const [viewer, slow, next, last] = open(4) as [
    FakeConnection,
    FakeConnection,
    FakeConnection,
    FakeConnection,
  ];
  expect(connections.begin(viewer)).toBe(true);
  connections.received(viewer);
  expect(connections.begin(slow)).toBe(true);
  expect(connections.begin(next)).toBe(true);
  expect(slow.isClosed).toBe(true);
  // Its end is told late, and counts once.
  connections.end(slow, false);
  connections.received(next);
  expect(connections.begin(last)).toBe(false);
  connections.end(next, true);
  expect(connections.begin(last)).toBe(true);
});

it("L-20 hands on no more than the fullest runtime can take", () => {
  const { connections, open } = world(100, 100);
  const all = open(10);
  connections.look(32 + 2 * 3);
  const begun = all.filter((one) => {
    const isBegun = connections.begin(one);
    connections.received(one);
    return isBegun;
  });
  expect(begun).toHaveLength(3);
  connections.look(600);
  expect(connections.begin(all[9] as FakeConnection)).toBe(true);
});

it("counts requests that are sent one behind the other, and has the connection idle after the last", () => {
  const { connections, open } = world(2, 10);
  const [one] = open(1) as [FakeConnection];
  connections.begin(one);
  connections.begin(one);
  connections.end(one, true);
  open(2);
  expect(one.isClosed).toBe(false);
  connections.end(one, true);
  open(2);
  expect(one.isClosed).toBe(false);
});

it("L-20 closes one that has asked for one that is new, where there is no other", () => {
  const { connections, open, closed } = world(3, 10);
  const all = open(3);
  for (const one of all) {
    connections.begin(one);
    connections.end(one, true);
  }
  const late = open(2);
  expect(closed([...all, ...late])).toEqual([true, false, false, true, false]);
});
