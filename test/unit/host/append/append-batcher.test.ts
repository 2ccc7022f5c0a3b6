import { describe, expect, it } from "vitest";
import { AppendBatcher } from "../../../../durable/host/append/append-batcher.ts";

/** A log whose turns of the event loop pass when they are told to. */
function busyLog() {
  const commits: string[][] = [];
  const turns: (() => void)[] = [];
  const clock = { ms: 1_000 };
  const state = { broken: false };
  const batcher = new AppendBatcher<string, number>({
    appendAll: (batches) => {
      if (state.broken) throw new Error("disk full");
      commits.push([...batches]);
      return batches.map(() => commits.length);
    },
    breathe: async () => {},
    tick: () => new Promise((resolve) => turns.push(resolve)),
    nowMs: () => clock.ms,
    weigh: (batch) => batch.length,
    maxWeight: 5,
  });
  return { batcher, commits, turns, clock, state };
}

describe("the append batcher", () => {
  it("appends a lone batch at once while the log is quiet", () => {
    const { batcher, commits, clock } = busyLog();
    void batcher.append("a");
    expect(commits).toEqual([["a"]]);
    clock.ms += 5;
    void batcher.append("b");
    expect(commits).toEqual([["a"], ["b"]]);
  });

  it("lets batches that arrive together in a busy log share one commit, in their order", async () => {
    const { batcher, commits, turns } = busyLog();
    await batcher.append("a");
    const together = ["b", "c", "d"].map((name) => batcher.append(name));
    expect(commits).toEqual([["a"]]);
    expect(turns).toHaveLength(1);
    turns[0]?.();
    expect(await Promise.all(together)).toEqual([2, 2, 2]);
    expect(commits).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("makes a commit no heavier than one may be, and lets others in between, in the order they came", async () => {
    const { batcher, commits, turns } = busyLog();
    await batcher.append("a");
    const together = ["bb", "cc", "dd", "heavy one", "e"].map((name) => batcher.append(name));
    for (let turn = 0; turn < 4; turn += 1) {
      turns[turn]?.();
      await Promise.resolve();
      await Promise.resolve();
      if (turn === 0) together.push(batcher.append("f"));
    }
    expect(commits.slice(1)).toEqual([["bb", "cc"], ["dd"], ["heavy one"], ["e", "f"]]);
    expect(await Promise.all(together)).toEqual([2, 2, 3, 4, 5, 5]);
  });

  it("tells everyone of a commit that failed, and takes the next ones", async () => {
    const { batcher, commits, turns, clock, state } = busyLog();
    await batcher.append("a");
    const together = ["b", "c"].map((name) => batcher.append(name));
    state.broken = true;
    turns[0]?.();
    const results = await Promise.allSettled(together);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    state.broken = false;
    clock.ms += 5;
    await batcher.append("d");
    expect(commits).toEqual([["a"], ["d"]]);
  });
});
