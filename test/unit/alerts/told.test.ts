import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AlertChange,
  type AlertState,
  addChange,
  alertId,
  type Chains,
  changesIn,
} from "../../../src/core/alerts/alert-change.ts";

function toldOf(changes: readonly AlertChange[]): AlertChange[] {
  const chains: Chains = new Map();
  for (const change of changes) addChange(chains, change);
  return changesIn(chains);
}

/** Of one alert, one after the other: each goes on from the one before. */
function chain(states: readonly AlertState[], atUs = 7): AlertChange[] {
  return states.slice(1).map((to, at) => ({
    ...{ id: alertId("r", "S", undefined, to, atUs), rule: "r", symbol: "S" },
    ...{ from: states[at] as AlertState, to, value: at, atUs, message: "" },
  }));
}

const flips = (count: number): AlertState[] =>
  Array.from({ length: count + 1 }, (_, at) => (at % 2 === 0 ? "inactive" : "firing"));

describe("AL-4 what is told of changes", () => {
  it("is all of them where an alert changes once or twice", () => {
    for (const count of [0, 1, 2]) expect(toldOf(chain(flips(count)))).toEqual(chain(flips(count)));
  });

  it("is the first of many at one moment, and where it came to", () => {
    expect(toldOf(chain(flips(3)))).toEqual(chain(flips(1)));
    expect(toldOf(chain(flips(4)))).toMatchObject([
      { from: "inactive", to: "firing", value: 0 },
      { from: "firing", to: "inactive", value: 3 },
    ]);
  });

  it("is a chain, has no name twice, and is the same however it was gathered", () => {
    const states = fc.array(fc.constantFrom<AlertState>("inactive", "pending", "firing"), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(states, fc.nat({ max: 12 }), (some, cut) => {
        const changes = chain(some.filter((state, at) => state !== some[at - 1]));
        const told = toldOf(changes);
        expect(told.length).toBeLessThanOrEqual(2);
        expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
        expect(told.at(0)?.from).toBe(changes.at(0)?.from);
        expect(told.at(-1)?.to).toBe(changes.at(-1)?.to);
        for (const [at, { from }] of told.entries())
          if (at > 0) expect(from).toBe(told[at - 1]?.to);
        expect(toldOf([...toldOf(changes.slice(0, cut)), ...changes.slice(cut)])).toEqual(told);
      }),
    );
  });

  it("keeps what came at different moments", () => {
    const both = [...chain(flips(2), 7), ...chain(flips(2), 8)];
    expect(toldOf(both)).toEqual(both);
  });
});
