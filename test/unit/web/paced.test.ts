import { expect, test } from "vitest";
import { repeat } from "../../../web/feed/clock.ts";
import { paced } from "../../../web/feed/paced.ts";
import { fakeClock } from "../client/fake-clock.ts";

test("what is asked for often runs at once, and then once at the end of its time", async () => {
  const clock = fakeClock(1_000);
  const ranAtMs: number[] = [];
  const { ask } = paced(clock, () => ranAtMs.push(clock.nowMs()), 100);
  for (let i = 0; i < 25; i++) {
    ask();
    await clock.advance(10);
  }
  expect(ranAtMs).toEqual([1_000, 1_100, 1_200]);
  await clock.advance(1_000);
  expect(ranAtMs).toEqual([1_000, 1_100, 1_200, 1_300]);
  ask();
  expect(ranAtMs.at(-1)).toBe(2_250);
});

test("what is not paced runs each time it is asked for, in that turn", () => {
  const clock = fakeClock(1_000);
  let runs = 0;
  const { ask } = paced(clock, () => runs++, 0);
  for (let i = 0; i < 3; i++) ask();
  expect([runs, clock.pendingTimers()]).toEqual([3, 0]);
});

test("what has stopped runs no more", async () => {
  const clock = fakeClock(1_000);
  let runs = 0;
  const pace = paced(clock, () => runs++, 100);
  pace.ask();
  pace.ask();
  pace.stop();
  await clock.advance(1_000);
  expect(runs).toBe(1);
});

test("what is repeated is called at each time until it is called off", async () => {
  const clock = fakeClock(0);
  let calls = 0;
  const stop = repeat(clock, () => calls++, 500);
  await clock.advance(1_600);
  expect(calls).toBe(3);
  stop();
  await clock.advance(5_000);
  expect(calls).toBe(3);
});
