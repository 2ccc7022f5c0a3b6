import { describe, expect, it } from "vitest";
import { Arrivals } from "../../../durable/room/arrivals.ts";
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
  const arrivals = new Arrivals({
    appendAll: (batches): AppendOutcome[] => {
      if (state.broken) throw new Error("disk full");
      commits.push(batches.map((batch) => batch.correlationId));
      return batches.map(() => ({ kind: "appended", cursor: commits.length as Cursor }));
    },
    tick: () => new Promise((resolve) => turns.push(resolve)),
    nowMs: () => clock.ms,
  });
  return { arrivals, commits, turns, clock, state };
}

describe("arrivals", () => {
  it("appends a lone batch at once while the room is quiet", () => {
    const { arrivals, commits, clock } = room();
    void arrivals.append(batchOf("a"));
    expect(commits).toEqual([["a"]]);
    clock.ms += 5;
    void arrivals.append(batchOf("b"));
    expect(commits).toEqual([["a"], ["b"]]);
  });

  it("lets batches that arrive together in a busy room share one commit, in their order", async () => {
    const { arrivals, commits, turns } = room();
    await arrivals.append(batchOf("a"));
    const together = ["b", "c", "d"].map((name) => arrivals.append(batchOf(name)));
    expect(commits).toEqual([["a"]]);
    expect(turns).toHaveLength(1);
    turns[0]?.();
    expect(await Promise.all(together)).toEqual(Array(3).fill({ kind: "appended", cursor: 2 }));
    expect(commits).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("tells everyone of a commit that failed, and takes the next ones", async () => {
    const { arrivals, commits, turns, clock, state } = room();
    await arrivals.append(batchOf("a"));
    const together = ["b", "c"].map((name) => arrivals.append(batchOf(name)));
    state.broken = true;
    turns[0]?.();
    const results = await Promise.allSettled(together);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    state.broken = false;
    clock.ms += 5;
    await arrivals.append(batchOf("d"));
    expect(commits).toEqual([["a"], ["d"]]);
  });
});
