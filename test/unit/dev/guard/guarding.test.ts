import { describe, expect, it } from "vitest";
import { Guarding } from "../../../../dev/runtimes/guarding.ts";

function world(limit: number, open: (number | null)[]) {
  const events: string[] = [];
  const guarding = new Guarding({
    limit,
    pids: () => open.map((_, at) => 100 + at),
    openIn: (pid) => open[pid - 100] ?? null,
    start: (why, count) => events.push(`${why} ${count}`),
    tell: (spare) => events.push(`spare ${spare}`),
  });
  return { guarding, events };
}

describe("L-20 connections are guarded", () => {
  it("from the start and for good where descriptors are few", () => {
    const { guarding, events } = world(600, [60, 90]);
    guarding.begin();
    guarding.look();
    expect(guarding.end()).toBe(false);
    expect(guarding.isOn).toBe(true);
    expect(events).toEqual(["few null", "spare 510"]);
  });

  it("else where a runtime is about to have none left, until the next upgrade", () => {
    const open = [100, 15_900];
    const { guarding, events } = world(20_000, open);
    guarding.begin();
    guarding.look();
    expect(guarding.isOn).toBe(false);
    open[1] = 18_000;
    guarding.look();
    guarding.look();
    expect(events).toEqual(["short 18000", "spare 2000"]);
    expect(guarding.end()).toBe(true);
    expect(guarding.isOn).toBe(false);
  });

  it("where a runtime dies that had more open than its viewers may have, and not where another dies", () => {
    const { guarding, events } = world(20_000, [100, 16_500]);
    guarding.look();
    guarding.died(0);
    expect(guarding.isOn).toBe(false);
    guarding.died(1);
    expect(events).toEqual(["short 16500"]);
  });

  it("never where the system does not say what is open", () => {
    const { guarding, events } = world(20_000, [null]);
    guarding.look();
    guarding.died(0);
    expect(events).toEqual([]);
  });
});
