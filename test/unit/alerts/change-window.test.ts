import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertState } from "../../../src/core/alerts/alert-change.ts";
import { type Alert, newAlert } from "../../../src/core/alerts/alert-reducer.ts";
import type { CompiledRule } from "../../../src/core/alerts/compiled-rule.ts";
import { SymbolAlerts } from "../../../src/core/alerts/symbol-alerts.ts";
import { point, rule, SECOND } from "./rules.ts";

const SYMBOL = "BTC-USD";
/** A window of a minute, so each of its parts is 2 s long. */
const PARTS = 30;
const PART_US = 2 * SECOND;
const BY = 10;

interface Value {
  atUs: number;
  value: number;
}

const changeOf = (over: string) => rule({ condition: { change: { by: BY, over } } });

/** The state of the alert of `m` after each value. */
function statesOf(one: CompiledRule, values: readonly Value[], before?: Alert): AlertState[] {
  const { name } = one.rule;
  const saved =
    before === undefined
      ? null
      : { rules: [[name, one.judges, [["m", before]]] as [string, string, [string, Alert][]]] };
  const alerts = new SymbolAlerts(SYMBOL, [one], saved);
  return values.map(({ atUs, value }) => {
    alerts.observe([point(atUs, value)], atUs);
    return alerts.active[0]?.state ?? "inactive";
  });
}

/** What AL-8 says, by who keeps all values. */
function statesByAllValues(values: readonly Value[]): AlertState[] {
  const partOf = ({ atUs }: Value) => Math.floor(atUs / PART_US);
  return values.map((now, nth) => {
    const past = values.slice(0, nth + 1);
    const ofOverAgo = past.findLast((one) => partOf(one) <= partOf(now) - PARTS);
    const base = ofOverAgo ?? (past[0] as Value);
    return Math.abs(now.value - base.value) >= BY ? "firing" : "inactive";
  });
}

describe("the window of a change", () => {
  it.each(["30s", "1h", "1d"])("AL-8 begins with the first value, over %s", (over) => {
    const ramp = [100, 104, 108, 112, 116, 120, 104].map((value, nth) => ({
      atUs: SECOND + nth * 100_000,
      value,
    }));
    expect(statesOf(changeOf(over), ramp)).toEqual([
      ...["inactive", "inactive", "inactive", "firing", "firing", "firing", "inactive"],
    ]);
    // All of it in one commit.
    const alerts = new SymbolAlerts(SYMBOL, [changeOf(over)]);
    const events = ramp.map(({ atUs, value }) => point(atUs, value));
    expect(alerts.observe(events, SECOND).map(({ to, value }) => [to, value])).toEqual([
      ["firing", 112],
      ["inactive", 104],
    ]);
  });

  it("AL-8 says what one would who keeps all values", () => {
    const steps = fc.array(
      fc.record({
        // Within a part, to the next one, over some of them, and over all of them.
        afterUs: fc.oneof(
          fc.nat(PART_US / 4),
          fc.nat(PART_US * 2),
          fc.nat(PART_US * 12),
          fc.nat(PART_US * PARTS * 2),
        ),
        value: fc.integer({ min: 0, max: 25 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.nat(1e15), steps, (fromUs, came) => {
        let atUs = fromUs;
        const values = came.map(({ afterUs, value }) => {
          atUs += afterUs;
          return { atUs, value };
        });
        expect(statesOf(changeOf("60s"), values)).toEqual(statesByAllValues(values));
      }),
      { numRuns: 300 },
    );
  });

  it("AL-10 goes on from what the version before wrote of its first part: the last value alone", () => {
    const atUs = 5 * PART_US;
    const before: Alert = {
      ...newAlert(0),
      ...{ seenUs: atUs, ts: atUs, value: 100, window: [[5, 100]] },
    };
    const values = [
      { atUs: atUs + 1, value: 105 },
      { atUs: atUs + 2, value: 110 },
      { atUs: atUs + PART_US, value: 112 },
      { atUs: atUs + PART_US * PARTS, value: 112 },
    ];
    expect(statesOf(changeOf("60s"), values, before)).toEqual([
      ...["inactive", "firing", "firing", "inactive"],
    ]);
  });
});
