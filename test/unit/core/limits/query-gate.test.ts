import { describe, expect, it } from "vitest";
import { queryGate } from "../../../../src/core/limits/query-gate.ts";

/** A gate on a clock that stands until somebody waits. */
function gateWith(limits: Partial<Parameters<typeof queryGate>[0]> = {}) {
  let nowMs = 0;
  const sleepers: { atMs: number; wake: () => void }[] = [];
  const gate = queryGate(
    { running: 2, runningPerReader: 1, waiting: 4, waitingPerReader: 2, ...limits },
    {
      nowMs: () => nowMs,
      wait: (ms) => new Promise((wake) => sleepers.push({ atMs: nowMs + ms, wake })),
    },
  );
  const pass = async (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 5) {
      for (const sleeper of sleepers.splice(0)) {
        if (sleeper.atMs <= nowMs) sleeper.wake();
        else sleepers.push(sleeper);
      }
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { gate, pass };
}

describe("L-8 heavy queries", () => {
  it("run at once as many as may, of one reader and in all", async () => {
    const { gate } = gateWith();
    expect(await gate.enter("a", 0)).not.toBeNull();
    expect(await gate.enter("a", 0)).toBeNull();
    const leave = await gate.enter("b", 0);
    expect(await gate.enter("c", 0)).toBeNull();
    leave?.();
    leave?.();
    expect(await gate.enter("c", 0)).not.toBeNull();
    expect(await gate.enter("d", 0)).toBeNull();
  });

  it("wait a while for those before them, and then no longer", async () => {
    const { gate, pass } = gateWith();
    const leave = await gate.enter("a", 0);
    const outcomes: string[] = [];
    const note = (name: string) => (place: (() => void) | null) =>
      void outcomes.push(`${name} ${place === null ? "refused" : "in"}`);
    void gate.enter("a", 2_000).then(note("patient"));
    void gate.enter("a", 100).then(note("hurried"));
    await pass(500);
    expect(outcomes).toEqual(["hurried refused"]);
    leave?.();
    await pass(100);
    expect(outcomes).toEqual(["hurried refused", "patient in"]);
  });

  it("are refused at once where too many wait", async () => {
    const { gate } = gateWith();
    await gate.enter("a", 0);
    for (const _ of [1, 2]) void gate.enter("a", 2_000);
    expect(await gate.enter("a", 2_000)).toBeNull();
  });

  it("of nobody in particular count in all alone", async () => {
    const { gate } = gateWith();
    expect(await gate.enter(null, 0)).not.toBeNull();
    expect(await gate.enter(null, 0)).not.toBeNull();
    expect(await gate.enter(null, 0)).toBeNull();
  });

  it("whose request was ended without a word hold no place for ever", async () => {
    const { gate, pass } = gateWith({ running: 1 });
    await gate.enter("a", 0);
    await pass(59_000);
    expect(await gate.enter("b", 0)).toBeNull();
    await pass(2_000);
    expect(await gate.enter("b", 0)).not.toBeNull();
  });

  it("have no limit where it is 0", async () => {
    const { gate } = gateWith({ running: 0, runningPerReader: 0 });
    for (let count = 0; count < 100; count += 1) expect(await gate.enter("a", 0)).not.toBeNull();
  });
});
