import { describe, expect, it } from "vitest";
import { bodyGate } from "../../../../src/core/limits/body-gate.ts";

/** A gate of ten bytes on a clock that stands until somebody waits. */
function tenBytes() {
  let nowMs = 0;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  const gate = bodyGate(
    { workedOnBytes: 10, waitingBytes: 6 },
    {
      nowMs: () => nowMs,
      wait: (ms) => new Promise((wake) => sleepers.push({ atMs: nowMs + ms, wake })),
    },
  );
  const pass = async (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 5) {
      const due = sleepers.filter(({ atMs }) => atMs <= nowMs);
      sleepers = sleepers.filter(({ atMs }) => atMs > nowMs);
      for (const { wake } of due) wake();
      for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
    }
  };
  const order: string[] = [];
  const enter = (name: string, bytes: number, held = 1) => {
    const entered = gate.enter({ bytes, heldBytes: held }, 500);
    void entered.then((leave) => order.push(leave === null ? `${name} refused` : name));
    return entered;
  };
  return { enter, order, pass };
}

describe("L-26 bodies", () => {
  it("are worked on together up to a limit, and one beyond it goes alone", async () => {
    const { enter, order, pass } = tenBytes();
    const [a, b] = await Promise.all([enter("a", 6), enter("b", 4)]);
    void enter("c", 50);
    await pass(20);
    a?.();
    a?.();
    await pass(20);
    expect(order).toEqual(["a", "b"]);
    b?.();
    await pass(20);
    expect(order).toEqual(["a", "b", "c"]);
  });

  it("come in their order: short ones pass no long one by", async () => {
    const { enter, order, pass } = tenBytes();
    const a = await enter("a", 6);
    void enter("long", 10);
    void enter("short", 1);
    await pass(50);
    expect(order).toEqual(["a"]);
    a?.();
    await pass(50);
    expect(order).toEqual(["a", "long"]);
  });

  it("are refused where too much waits, or for too long", async () => {
    const { enter, order, pass } = tenBytes();
    await enter("a", 10);
    void enter("b", 10, 4);
    expect(await enter("c", 1, 3)).toBeNull();
    await pass(600);
    expect(order).toEqual(["a", "c refused", "b refused"]);
  });

  it("leave their places where their requests ended without a word", async () => {
    const { enter, order, pass } = tenBytes();
    await enter("a", 10);
    await pass(30_010);
    await enter("b", 10);
    expect(order).toEqual(["a", "b"]);
  });
});
