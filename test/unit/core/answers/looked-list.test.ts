import { expect, test } from "vitest";
import { type Look, LookedList } from "../../../../src/core/answers/looked-list.ts";

/** Waiters of one list, each with its own timer, over so many seconds; `at` says what the list is then. */
function watched(waiters: number, seconds: number, at: (atMs: number) => string) {
  const list = new LookedList<string>((one, other) => one === other);
  const looks: number[] = [];
  const seen: (Look<string> | null)[] = Array.from({ length: waiters }, () => null);
  const wakeMs = seen.map((_, index) => index * 7);
  const found: { atMs: number; value: string }[][] = seen.map(() => []);
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 5) {
    for (const [index, dueMs] of wakeMs.entries()) {
      if (nowMs < dueMs) continue;
      const turn = list.turn(nowMs, seen[index] ?? null);
      if (turn.kind === "sleep") wakeMs[index] = nowMs + turn.ms;
      else if (turn.kind === "found") {
        seen[index] = turn.look;
        if (found[index]?.at(-1)?.value !== turn.look.list)
          found[index]?.push({ atMs: nowMs, value: turn.look.list });
      } else {
        list.begin(nowMs);
        looks.push(nowMs);
        list.found({ list: at(nowMs), atMs: nowMs });
      }
    }
  }
  return { list, looks, found };
}

test("however many wait for a list that changes, there is one look a second, and all hear of each change within another", () => {
  const { looks, found } = watched(100, 20, (atMs) => String(Math.floor(atMs / 2_000)));
  expect(looks.length).toBeLessThanOrEqual(20);
  for (const heard of found) {
    expect(heard.map(({ value }) => value)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    for (const { atMs, value } of heard)
      expect(atMs - Number(value) * 2_000).toBeLessThanOrEqual(2_000);
  }
});

test("while nothing changes looks become seldom, and what may have changed is looked at within a second or two", () => {
  const { list, looks } = watched(20, 120, () => "quiet");
  expect(looks.length).toBeLessThan(30);
  const lastMs = looks.at(-1) ?? 0;
  const seen = list.turn(lastMs + 1, null);
  if (seen.kind !== "found") throw new Error("what was just found is there");
  expect(list.turn(lastMs + 1_500, seen.look)).toEqual({ kind: "sleep", ms: 1_000 });
  list.mayHaveChanged();
  expect(list.turn(lastMs + 1_500, seen.look)).toEqual({ kind: "look" });
});

test("one looks at a time; who fails, is gone, or has its clock turned back keeps nobody waiting for long", () => {
  const list = new LookedList<string>(() => false);
  expect(list.turn(0, null)).toEqual({ kind: "look" });
  list.begin(0);
  expect(list.turn(1, null).kind).toBe("sleep");
  list.failed();
  expect(list.turn(2, null).kind).toBe("look");
  list.begin(2);
  expect(list.turn(4_000, null).kind).toBe("sleep");
  expect(list.turn(6_000, null).kind).toBe("look");
  list.found({ list: "a", atMs: 6_000 });
  expect(list.turn(6_001, null).kind).toBe("found");
  expect(list.turn(10, null).kind).toBe("look");
});
