import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FloodGate } from "../../../../src/core/telemetry/flood.ts";

it("lets the first of a kind through each second, says that it leaves out, and then how many", () => {
  const gate = new FloodGate(2);
  const take = (of: string, atMs: number) => {
    const { isWritten, news } = gate.take(of, atMs);
    return [isWritten, ...news];
  };
  expect(take("a", 0)).toEqual([true]);
  expect(take("a", 1)).toEqual([true]);
  expect(take("a", 2)).toEqual([false, { kind: "began", of: "a" }]);
  expect(take("a", 999)).toEqual([false]);
  expect(take("b", 999)).toEqual([true]);
  expect(take("a", 1_000)).toEqual([true, { kind: "left out", of: "a", count: 2 }]);
  expect(take("a", 1_001)).toEqual([true]);
  // It goes on, which is no news.
  expect(take("a", 1_002)).toEqual([false]);
  expect(take("b", 60_000)).toEqual([true, { kind: "left out", of: "a", count: 1 }]);
  for (const at of [1, 2]) expect(take("a", 60_000 + at)).toEqual([true]);
  expect(take("a", 60_003)).toEqual([false, { kind: "began", of: "a" }]);
  // The clock was set back.
  expect(take("a", 5)).toEqual([true, { kind: "left out", of: "a", count: 1 }]);
});

it("each line is written, or counted in what is said", () => {
  const lines = fc.array(
    fc.record({ of: fc.constantFrom("a", "b", "c"), afterMs: fc.integer({ min: 0, max: 400 }) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 3 }), (script, most) => {
      const gate = new FloodGate(most);
      let nowMs = 0;
      let written = 0;
      let leftOut = 0;
      const count = ({ isWritten, news }: ReturnType<FloodGate["take"]>) => {
        if (isWritten) written += 1;
        for (const each of news) if (each.kind === "left out") leftOut += each.count;
      };
      for (const { of, afterMs } of script) {
        nowMs += afterMs;
        count(gate.take(of, nowMs));
      }
      count(gate.take("end", nowMs + 1_000));
      expect(written + leftOut).toBe(script.length + 1);
    }),
  );
});
