import { describe, expect, it } from "vitest";
import { afterDeath, NO_DEATHS, type QuickDeaths } from "../../../../dev/process/restart-policy.ts";

const YOUNG_MS = 300;

function delaysOf(times: number, mayGiveUp: boolean): (number | "give up")[] {
  const delays: (number | "give up")[] = [];
  let deaths: QuickDeaths = NO_DEATHS;
  for (let time = 0; time < times; time += 1) {
    const decision = afterDeath(deaths, YOUNG_MS, mayGiveUp);
    deaths = decision.deaths;
    delays.push(decision.kind === "restart" ? decision.delayMs : "give up");
  }
  return delays;
}

describe("after the death of a process", () => {
  it("starts it again at once, then ever later, and gives up where nothing goes on without it", () => {
    expect(delaysOf(6, true)).toEqual([0, 100, 300, 900, 2_700, "give up"]);
  });

  it("INV-1 never gives up on what the rest can wait for", () => {
    expect(delaysOf(1_000, false).slice(4)).toEqual([2_700, ...Array(995).fill(3_000)]);
  });

  it("begins anew after a process that lived long", () => {
    const decision = afterDeath({ count: 5 }, 60_000, true);
    expect(decision).toEqual({ kind: "restart", delayMs: 0, deaths: { count: 1 } });
  });
});
