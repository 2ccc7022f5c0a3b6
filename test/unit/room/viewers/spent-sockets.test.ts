import { expect, it } from "vitest";
import { collectorOf, SpentSockets } from "../../../../durable/viewer-object/spent-sockets.ts";
import { FakeTime } from "../fake-time.ts";

function object(collect: (() => void) | null) {
  const time = new FakeTime();
  const beganMs = time.nowMs();
  const work: Promise<void>[] = [];
  const spent = new SpentSockets({
    ...{ collect, nowMs: time.nowMs, wait: time.wait },
    keepAwake: (one) => work.push(one),
  });
  return { spent, time, work, passedMs: () => time.nowMs() - beganMs };
}

it("H-2 sockets that end together are collected together, a second later and at most each ten", async () => {
  const collected: number[] = [];
  const { spent, time, passedMs } = object(() => collected.push(passedMs()));
  spent.add();
  spent.add();
  await time.pass(500);
  spent.add();
  await time.pass(2_000);
  expect(collected).toEqual([1_000]);
  spent.add();
  await time.pass(20_000);
  expect(collected).toEqual([1_000, 11_000]);
  spent.add();
  await time.pass(2_000);
  expect(collected).toHaveLength(3);
});

it("nobody is kept awake where there is no collector to call", () => {
  const { spent, work } = object(collectorOf({}));
  spent.add();
  expect(work).toEqual([]);
});
