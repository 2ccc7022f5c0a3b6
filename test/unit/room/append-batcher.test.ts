import { describe, expect, it } from "vitest";
import { AppendBatcher } from "../../../durable/room/append/append-batcher.ts";
import type { AppendBatch, AppendOutcome } from "../../../src/bindings/room.ts";
import type { Cursor } from "../../../src/protocol/time.ts";

const batchOf = (name: string): AppendBatch => ({
  frames: [{ text: name, count: 1 }],
  correlationId: name,
});

/** A room whose turns of the event loop pass when they are told to. */
function room() {
  const commits: string[][] = [];
  const turns: (() => void)[] = [];
  const clock = { ms: 1_000 };
  const state = { broken: false };
  const batcher = new AppendBatcher({
    appendAll: (batches): AppendOutcome[] => {
      if (state.broken) throw new Error("disk full");
      commits.push(batches.map((batch) => batch.correlationId));
      return batches.map(() => ({ kind: "appended", cursor: commits.length as Cursor }));
    },
    tick: () => new Promise((resolve) => turns.push(resolve)),
    nowMs: () => clock.ms,
  });
  return { batcher, commits, turns, clock, state };
}

describe("the append batcher", () => {
  it("appends a lone batch at once while the room is quiet", () => {
    const { batcher, commits, clock } = room();
    void batcher.append(batchOf("a"));
    expect(commits).toEqual([["a"]]);
    clock.ms += 5;
    void batcher.append(batchOf("b"));
    expect(commits).toEqual([["a"], ["b"]]);
  });

  it("lets batches that arrive together in a busy room share one commit, in their order", async () => {
    const { batcher, commits, turns } = room();
    await batcher.append(batchOf("a"));
    const together = ["b", "c", "d"].map((name) => batcher.append(batchOf(name)));
    expect(commits).toEqual([["a"]]);
    expect(turns).toHaveLength(1);
    turns[0]?.();
    expect(await Promise.all(together)).toEqual(Array(3).fill({ kind: "appended", cursor: 2 }));
    expect(commits).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("tells everyone of a commit that failed, and takes the next ones", async () => {
    const { batcher, commits, turns, clock, state } = room();
    await batcher.append(batchOf("a"));
    const together = ["b", "c"].map((name) => batcher.append(batchOf(name)));
    state.broken = true;
    turns[0]?.();
    const results = await Promise.allSettled(together);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    state.broken = false;
    clock.ms += 5;
    await batcher.append(batchOf("d"));
    expect(commits).toEqual([["a"], ["d"]]);
  });
});
