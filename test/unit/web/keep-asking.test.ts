import { expect, test } from "vitest";
import type { Answer } from "../../../web/feed/api.ts";
import { keepAsking } from "../../../web/feed/keep-asking.ts";

const FAILED = { kind: "failed", status: null, detail: "away" } as const;
const REFUSED = { kind: "refused", status: 400, detail: "no" } as const;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Asks `answers` in turn over a clock of its own; hidden at the looks that `hidden` names. */
function asking(answers: Answer<number>[], againMs: number | null, hidden: boolean[] = []) {
  const told: unknown[] = [];
  const waits: number[] = [];
  let due: (() => void) | null = null;
  const stop = keepAsking<number>({
    clock: {
      nowMs: () => 0,
      random: () => 0,
      setTimer(callback, delayMs) {
        waits.push(delayMs);
        due = callback;
        return () => {
          due = null;
        };
      },
    },
    isVisible: () => hidden.shift() !== true,
    ask: async () => answers.shift() ?? { kind: "ok", value: -1 },
    againMs: () => againMs,
    onAnswer: (answer) => told.push(answer),
    onUnauthorized: () => told.push("unauthorized"),
  });
  return {
    ...{ told, waits, stop },
    async next() {
      const run = due;
      due = null;
      run?.();
      await settle();
      return run !== null;
    },
  };
}

test("it asks anew after an answer, waits longer after each failure, and keeps what it knew", async () => {
  const run = asking([{ kind: "ok", value: 1 }, FAILED, FAILED, { kind: "ok", value: 2 }], 5_000);
  await settle();
  while (run.told.length < 4) await run.next();
  expect(run.told).toEqual([
    { value: 1, failure: null },
    { value: 1, failure: FAILED },
    { value: 1, failure: FAILED },
    { value: 2, failure: null },
  ]);
  expect(run.waits).toEqual([5_000, 1_000, 2_000, 5_000]);
});

test("what is refused is not asked again, and what does not change neither", async () => {
  const refused = asking([REFUSED], 5_000);
  await settle();
  expect([refused.told, await refused.next()]).toEqual([
    [{ value: null, failure: REFUSED }],
    false,
  ]);
  const once = asking([{ kind: "ok", value: 1 }], null);
  await settle();
  expect([once.told, await once.next()]).toEqual([[{ value: 1, failure: null }], false]);
});

test("a hidden page asks nothing until it is shown", async () => {
  const run = asking([{ kind: "ok", value: 1 }], 5_000, [true, true]);
  await settle();
  expect([run.told, run.waits]).toEqual([[], [1_000]]);
  await run.next();
  await run.next();
  expect(run.told).toEqual([{ value: 1, failure: null }]);
});

test("an answer that comes after the end is told to nobody, and a token that is refused ends it", async () => {
  const run = asking([{ kind: "ok", value: 1 }], 5_000);
  run.stop();
  await settle();
  expect(run.told).toEqual([]);
  const shut = asking([{ kind: "unauthorized" }], 5_000);
  await settle();
  expect([shut.told, await shut.next()]).toEqual([["unauthorized"], false]);
  // What a token may not is told beside.
  const failure = { kind: "unauthorized", detail: "The token is not for A." } as const;
  const narrow = asking([failure], 5_000);
  await settle();
  const told = [{ value: null, failure }, "unauthorized"];
  expect([narrow.told, await narrow.next()]).toEqual([told, false]);
});
