import { describe, expect, it } from "vitest";
import type { AppendBatch, AppendOutcome } from "../../../src/bindings/room.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import { AppendLane } from "../../../src/routes/append-lane.ts";

/** A lane in front of a room that answers when it is told to. */
function laneOf() {
  const lane = new AppendLane();
  const calls: { ids: string[]; answer: (fails?: Error, short?: boolean) => Promise<void> }[] = [];
  const clock = { nowMs: 0 };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const append = (id: string, chars = 1) => {
    const batch: AppendBatch = {
      frames: [{ text: "x".repeat(chars), count: 1 }],
      correlationId: id,
    };
    const send = (batches: AppendBatch[]) =>
      new Promise<AppendOutcome[]>((resolve, reject) => {
        const ids = batches.map(({ correlationId }) => correlationId);
        const outcomes = ids.map((_, at) => ({ kind: "appended", cursor: at as Cursor }) as const);
        calls.push({
          ids,
          answer: async (fails, short) => {
            if (fails === undefined) resolve(short ? outcomes.slice(0, -1) : outcomes);
            else reject(fails);
            await turn();
          },
        });
      });
    const outcome = lane.append(batch, send, { tick: turn, nowMs: () => clock.nowMs });
    return outcome.catch((error: unknown) => String(error));
  };
  return { lane, calls, append, turn, clock };
}

describe("the lane in front of a room", () => {
  it("sends what arrives together in one call, each with its own outcome", async () => {
    const { lane, calls, append, turn } = laneOf();
    const outcomes = ["a", "b", "c"].map((id) => append(id));
    await turn();
    expect(calls.map(({ ids }) => ids)).toEqual([["a", "b", "c"]]);
    await calls[0]?.answer();
    expect(await Promise.all(outcomes)).toEqual(
      [0, 1, 2].map((cursor) => ({ kind: "appended", cursor })),
    );
    expect(lane.idle).toBe(true);
  });

  it("hands the lead to the first of those who came meanwhile", async () => {
    const { lane, calls, append, turn } = laneOf();
    const first = append("a");
    await turn();
    const later = ["b", "c"].map((id) => append(id));
    await turn();
    expect(calls).toHaveLength(1);
    await calls[0]?.answer();
    expect(await first).toMatchObject({ kind: "appended" });
    await turn();
    expect(calls[1]?.ids).toEqual(["b", "c"]);
    await calls[1]?.answer();
    await Promise.all(later);
    expect(lane.idle).toBe(true);
  });

  it("tells a failed call to those it carried, and the next ones go on", async () => {
    const { lane, calls, append, turn } = laneOf();
    const carried = ["a", "b"].map((id) => append(id));
    await turn();
    const next = append("c");
    await calls[0]?.answer(new Error("the room broke"));
    expect(await Promise.all(carried)).toEqual(["Error: the room broke", "Error: the room broke"]);
    await turn();
    await calls[1]?.answer();
    expect(await next).toMatchObject({ kind: "appended" });
    expect(lane.idle).toBe(true);
  });

  it("never leaves a batch without an outcome, even if the room gives too few", async () => {
    const { calls, append, turn } = laneOf();
    const carried = ["a", "b"].map((id) => append(id));
    await turn();
    await calls[0]?.answer(undefined, true);
    const [first, second] = await Promise.all(carried);
    expect(first).toMatchObject({ kind: "appended" });
    expect(second).toContain("fewer outcomes");
  });

  it("does not gather more into one call than a call can carry", async () => {
    const { calls, append, turn } = laneOf();
    const big = 3 * 1024 * 1024;
    const outcomes = [append("a", big), append("b", big), append("c", 1)];
    await turn();
    expect(calls[0]?.ids).toEqual(["a"]);
    await calls[0]?.answer();
    await turn();
    expect(calls[1]?.ids).toEqual(["b", "c"]);
    await calls[1]?.answer();
    await Promise.all(outcomes);
  });

  it("goes on after a leader that the platform ended", async () => {
    const { calls, append, turn, clock } = laneOf();
    void append("lost");
    await turn();
    const waiting = append("waiting");
    clock.nowMs = 10_000;
    const rescuer = append("rescuer");
    await turn();
    expect(calls[1]?.ids).toEqual(["rescuer", "waiting"]);
    await calls[1]?.answer();
    expect(await Promise.all([waiting, rescuer])).toMatchObject([{ cursor: 1 }, { cursor: 0 }]);
  });
});
