import { describe, expect, it } from "vitest";
import { Clock } from "../../../durable/clock.ts";
import { settle } from "../room/fake-time.ts";

const HOUR_MS = 3_600_000;

/** Timers as the runtime has them: each is due at a time of the wall clock, whatever that does meanwhile. */
function wallClock() {
  let nowMs = 1_700_000_000_000;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  const clock = new Clock({
    nowMs: () => nowMs,
    setTimer: (callback, ms) => {
      const timer = { atMs: nowMs + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  const pass = async (ms: number) => {
    nowMs += ms;
    for (const timer of timers) {
      if (timer.atMs > nowMs) continue;
      timers.delete(timer);
      timer.callback();
    }
    await settle();
  };
  const turnBack = (ms: number) => {
    nowMs -= ms;
  };
  return { clock, pass, turnBack, timers };
}

describe("C-1 nothing waits on the wall clock", () => {
  it("a wait goes on by what was left of it, once somebody looks at a clock that was turned back", async () => {
    const { clock, pass, turnBack } = wallClock();
    const done: string[] = [];
    void clock.wait(100).then(() => done.push("wait"));
    void clock.within(new Promise(() => {}), 100).then((isIn) => done.push(`within ${isIn}`));
    await pass(60);
    clock.nowMs();
    turnBack(HOUR_MS);
    clock.nowMs();
    await pass(39);
    expect(done).toEqual([]);
    await pass(1);
    expect(done.sort()).toEqual(["wait", "within false"]);
  });

  it("leaves no timer behind", async () => {
    const { clock, turnBack, timers } = wallClock();
    expect(await clock.within(Promise.resolve(), 1_000)).toBe(true);
    await expect(clock.within(Promise.reject(new Error("no")), 1_000)).rejects.toThrow("no");
    turnBack(HOUR_MS);
    clock.nowMs();
    expect(timers.size).toBe(0);
  });
});
