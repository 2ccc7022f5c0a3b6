import { describe, expect, it } from "vitest";
import { GroupCommit } from "../../../durable/writer/group-commit.ts";

/** Commits that end when they are told to. */
function commits(maxWeight: number) {
  const groups: number[][] = [];
  const ends: (() => void)[] = [];
  const group = new GroupCommit<number, string>({
    commit: async (items) => {
      groups.push([...items]);
      await new Promise<void>((resolve) => ends.push(resolve));
      return items.map((item) => `stored ${item}`);
    },
    weigh: (item) => item,
    maxWeight,
    atOnce: 1,
  });
  const endOne = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { group, groups, endOne };
}

describe("group commit", () => {
  it("sends a lone item at once, and what gathers meanwhile as one group", async () => {
    const { group, groups, endOne } = commits(100);
    const outcomes = [1, 2, 3].map((item) => group.submit(item));
    expect(groups).toEqual([[1]]);
    await endOne();
    expect(groups).toEqual([[1], [2, 3]]);
    await endOne();
    expect(await Promise.all(outcomes)).toEqual(["stored 1", "stored 2", "stored 3"]);
    void group.submit(4);
    expect(groups.at(-1)).toEqual([4]);
  });

  it("cuts groups by weight, in order, and lets a heavy item go alone", async () => {
    const { group, groups, endOne } = commits(10);
    for (const item of [1, 4, 5, 2, 99, 3]) void group.submit(item);
    for (let end = 0; end < 5; end += 1) await endOne();
    expect(groups).toEqual([[1], [4, 5], [2], [99], [3]]);
  });

  it("leaves nobody waiting where a commit throws, or has too few outcomes, and goes on", async () => {
    let commit = (): Promise<string[]> => Promise.reject(new Error("a bug"));
    const group = new GroupCommit<number, string>({
      ...{ commit: () => commit(), weigh: () => 1, maxWeight: 10, atOnce: 1 },
    });
    const failed = [1, 2, 3].map((item) => group.submit(item));
    for (const one of failed) await expect(one).rejects.toThrow("a bug");
    commit = async () => [];
    await expect(group.submit(4)).rejects.toThrow("fewer outcomes");
    commit = async () => ["stored"];
    expect(await group.submit(5)).toBe("stored");
  });
});
