import { expect, it } from "vitest";
import { Connections } from "../../../../dev/guard/connections.ts";
import { guardLimits } from "../../../../dev/guard/guard-limits.ts";

class FakeConnection {
  isClosed = false;
  destroy(): void {
    this.isClosed = true;
  }
}

function world(idle: number, busy: number, long = busy) {
  let looks: (() => void)[] = [];
  const connections = new Connections<FakeConnection>({ idle, busy, long }, (work) => {
    looks.push(work);
  });
  const open = (count: number) =>
    Array.from({ length: count }, () => {
      const one = new FakeConnection();
      connections.opened(one);
      return one;
    });
  /** All that has come has been read. */
  const look = () => {
    const due = looks;
    looks = [];
    for (const work of due) work();
  };
  const closed = (all: readonly FakeConnection[]) => {
    look();
    return all.map(({ isClosed }) => isClosed);
  };
  return { connections, open, closed };
}

it("L-20 what fits is below the limit, whatever it is", () => {
  for (const limit of [256, 600, 1_024, 20_000]) {
    const { idle, busy, long } = guardLimits(limit);
    expect(idle + 2 * busy).toBeLessThan(limit - 60);
    expect(long).toBeGreaterThan(0);
    expect(busy - long).toBeGreaterThanOrEqual(busy / 4);
  }
});

it("L-20 closes the oldest connection that has never asked, before one that asks now and again", () => {
  const { connections, open, closed } = world(3, 1);
  const [producer] = open(1) as [FakeConnection];
  expect(connections.begin(producer, "short")).toBe(true);
  const silent = open(3);
  connections.received(producer);
  connections.end(producer, "idle");
  // One of them has the place of a request that nobody has now.
  expect(closed(silent)).toEqual([false, false, false]);
  open(1);
  expect(closed(silent)).toEqual([true, false, false]);
  open(2);
  expect(closed(silent)).toEqual([true, true, true]);
  expect(producer.isClosed).toBe(false);
});

it("L-20 closes the one that asked longest ago, where all have asked", () => {
  const { connections, open, closed } = world(2, 10);
  const all = open(2);
  for (const one of all) connections.begin(one, "short");
  const [late] = open(1) as [FakeConnection];
  connections.begin(late, "short");
  for (const one of [...all, late]) connections.end(one, "idle");
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
  expect(connections.begin(viewer, "short")).toBe(true);
  connections.received(viewer);
  expect(connections.begin(slow, "short")).toBe(true);
  expect(connections.begin(next, "short")).toBe(true);
  expect(slow.isClosed).toBe(true);
  // Its end is told late, and counts once.
  connections.end(slow, "closed");
  connections.received(next);
  expect(connections.begin(last, "short")).toBe(false);
  connections.end(next, "idle");
  expect(connections.begin(last, "short")).toBe(true);
});

it("L-20 hands on no more than the fullest runtime can take", () => {
  const { connections, open } = world(100, 100);
  const all = open(10);
  connections.look(32 + 2 * 3);
  const begun = all.filter((one) => {
    const isBegun = connections.begin(one, "short");
    connections.received(one);
    return isBegun;
  });
  expect(begun).toHaveLength(3);
  connections.look(600);
  expect(connections.begin(all[9] as FakeConnection, "short")).toBe(true);
});

it("L-20 closes one that has asked for one that is new, where there is no other", () => {
  const { connections, open, closed } = world(3, 1);
  const [busy, ...all] = open(4) as [FakeConnection, ...FakeConnection[]];
  for (const one of all) {
    connections.begin(one, "short");
    connections.end(one, "idle");
  }
  expect(connections.begin(busy, "short")).toBe(true);
  const late = open(2);
  expect(closed([...all, ...late])).toEqual([true, false, false, true, false]);
});

it("L-20 keeps places for what is short, of the guard and of the runtime", () => {
  const { connections, open } = world(100, 8, 6);
  const all = open(20);
  const begun = (kind: "short" | "long") =>
    all.splice(0, 1).filter((one) => {
      const isBegun = connections.begin(one, kind);
      connections.received(one);
      return isBegun;
    }).length;
  connections.look(32 + 2 * 2 + 2 * 3);
  expect([begun("long"), begun("long"), begun("long"), begun("long")]).toEqual([1, 1, 1, 0]);
  connections.look(600);
  expect([begun("long"), begun("long"), begun("long"), begun("long")]).toEqual([1, 1, 1, 0]);
  expect([begun("short"), begun("short"), begun("short")]).toEqual([1, 1, 0]);
});

it("L-20 closes no push that is still being sent for a viewer, but a long one for a push", () => {
  const { connections, open } = world(100, 2, 1);
  const [push, long, viewer, next] = open(4) as [
    FakeConnection,
    FakeConnection,
    FakeConnection,
    FakeConnection,
  ];
  expect([connections.begin(push, "short"), connections.begin(long, "long")]).toEqual([true, true]);
  expect(connections.begin(next, "short")).toBe(true);
  expect([push.isClosed, long.isClosed]).toEqual([false, true]);
  expect(connections.begin(viewer, "long")).toBe(false);
  expect([push.isClosed, next.isClosed]).toEqual([false, false]);
});

it("L-20 hands on nothing more where too much was given up before a runtime had accepted it", () => {
  const { connections, open } = world(1_000, 1_000);
  const giveUp = (isAnswered: boolean) => {
    const [one] = open(1) as [FakeConnection];
    if (!connections.begin(one, "short")) return false;
    connections.received(one);
    if (isAnswered) connections.answered(one);
    connections.end(one, "closed");
    return true;
  };
  for (let times = 0; times < 100; times += 1) expect(giveUp(true)).toBe(true);
  expect(connections.hasGivenUp).toBe(false);
  let given = 0;
  while (giveUp(false)) given += 1;
  expect(given).toBe(32);
  expect(connections.hasGivenUp).toBe(true);
  connections.accepted(connections.nextNumber());
  expect(connections.hasGivenUp).toBe(false);
  expect(giveUp(false)).toBe(true);
});

it("L-20 who waits for a turn takes a place of those who ask, and is closed first where there is none", () => {
  const { connections, open, closed } = world(2, 3);
  const asks = () => {
    const [one] = open(1) as [FakeConnection];
    connections.begin(one, "short");
    return one;
  };
  const ahead = [asks(), asks(), asks()];
  for (const one of ahead) connections.end(one, "ahead");
  const [fresh] = open(1) as [FakeConnection];
  expect(closed([...ahead, fresh])).toEqual([false, false, false, false]);
  // Now there are two places for three.
  asks();
  expect(closed([...ahead, fresh])).toEqual([false, false, false, false]);
  open(1);
  expect(closed([...ahead, fresh])).toEqual([true, false, false, false]);
});

it("L-20 closes nobody whose request has come and was not read yet", () => {
  const { connections, open, closed } = world(1, 1);
  const [busy, first] = open(2) as [FakeConnection, FakeConnection];
  expect(connections.begin(busy, "short")).toBe(true);
  const [second] = open(1) as [FakeConnection];
  connections.received(busy);
  connections.end(busy, "closed");
  expect(connections.begin(first, "short")).toBe(true);
  expect(closed([first, second])).toEqual([false, false]);
  // The next look brings a request of one that asks now and again, which is to go for another.
  connections.received(first);
  connections.end(first, "idle");
  expect(connections.begin(second, "short")).toBe(true);
  connections.received(second);
  open(1);
  connections.end(second, "idle");
  expect(connections.begin(first, "short")).toBe(true);
  expect(closed([first])).toEqual([false]);
});

it("L-20 one that has just come takes a place of those who ask, while there is one", () => {
  const { connections, open, closed } = world(2, 3);
  const come = open(5);
  expect(closed(come)).toEqual([false, false, false, false, false]);
  expect(connections.begin(come[4] as FakeConnection, "short")).toBe(true);
  expect(closed(come)).toEqual([false, false, false, false, false]);
  open(1);
  expect(closed(come)).toEqual([true, false, false, false, false]);
});

it("L-20 those that ask nothing close without a look where too many wait for it", () => {
  const { open } = world(1, 0);
  const come = open(18);
  expect(come.filter(({ isClosed }) => isClosed)).toEqual([come[0]]);
});
