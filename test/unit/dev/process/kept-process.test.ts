import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { KeptProcess } from "../../../../dev/process/kept-process.ts";

class FakeChild extends EventEmitter {
  readonly pid: number;
  readonly signals: string[] = [];

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  kill(signal: string): boolean {
    this.signals.push(signal);
    return true;
  }

  die(signal = "SIGSEGV"): void {
    this.emit("exit", null, signal);
  }
}

/** A kept process in a world whose clock is moved by hand. */
function world(mayGiveUp = true) {
  const children: FakeChild[] = [];
  const timers = new Map<number, () => void>();
  const events: string[] = [];
  let nowMs = 0;
  const kept = new KeptProcess({
    spawn: () => {
      const child = new FakeChild(100 + children.length);
      children.push(child);
      return child as unknown as ChildProcess;
    },
    nowMs: () => nowMs,
    after: (delayMs, run) => {
      const dueMs = nowMs + delayMs;
      timers.set(dueMs, run);
      return () => timers.delete(dueMs);
    },
    onDeath: ({ pid, how, restartInMs }) => events.push(`${pid} ${how} ${restartInMs}`),
    mayGiveUp: () => mayGiveUp,
    onGiveUp: (how) => events.push(`gave up: ${how}`),
  });
  const advance = (ms: number) => {
    const untilMs = nowMs + ms;
    for (const [dueMs, run] of [...timers]) {
      if (dueMs > untilMs) continue;
      timers.delete(dueMs);
      nowMs = dueMs;
      run();
    }
    nowMs = untilMs;
  };
  const last = () => children.at(-1) as FakeChild;
  kept.start();
  return { kept, children, events, advance, last };
}

describe("a kept process", () => {
  it("is started again at once after a long life, and later and later after short ones", () => {
    const { children, events, advance, last } = world();
    advance(60_000);
    last().die();
    advance(0);
    expect(children).toHaveLength(2);
    for (const delayMs of [100, 300, 900, 2_700]) {
      last().die();
      advance(delayMs - 1);
      const before = children.length;
      advance(1);
      expect(children).toHaveLength(before + 1);
    }
    expect(events.map((event) => Number(event.split(" ")[2]))).toEqual([0, 100, 300, 900, 2_700]);
  });

  it("is given up after six short lives in a row, and not before", () => {
    const { children, events, advance, last } = world();
    for (let death = 1; death <= 5; death += 1) {
      last().die("SIGKILL");
      advance(3_000);
    }
    expect(events.filter((event) => event.startsWith("gave up"))).toEqual([]);
    last().die("SIGKILL");
    advance(60_000);
    expect(events.at(-1)).toBe("gave up: SIGKILL");
    expect(children).toHaveLength(6);
  });

  it("is started again for ever where the rest goes on without it", () => {
    const { children, advance, last } = world(false);
    for (let death = 1; death <= 20; death += 1) {
      last().die();
      advance(3_000);
    }
    expect(children).toHaveLength(21);
  });

  it("forgets short lives after a long one", () => {
    const { events, advance, last } = world();
    for (let round = 0; round < 4; round += 1) {
      for (let death = 0; death < 4; death += 1) {
        last().die();
        advance(3_000);
      }
      advance(10_000);
    }
    expect(events.some((event) => event.startsWith("gave up"))).toBe(false);
  });

  it("is not started again once it was told to stop, whenever it dies", async () => {
    const { kept, children, advance, last } = world();
    const stopped = kept.stop(1_000);
    expect(last().signals).toEqual(["SIGTERM"]);
    last().die("SIGTERM");
    await stopped;
    advance(60_000);
    expect(children).toHaveLength(1);
  });

  it("is killed where it does not stop in time", async () => {
    const { kept, advance, last } = world();
    const stopped = kept.stop(1_000);
    advance(999);
    expect(last().signals).toEqual(["SIGTERM"]);
    advance(1);
    expect(last().signals).toEqual(["SIGTERM", "SIGKILL"]);
    last().die("SIGKILL");
    await stopped;
  });

  it("stays stopped when it is stopped between a death and the next start", async () => {
    const { kept, children, advance, last } = world();
    last().die();
    last().die();
    await kept.stop(1_000);
    advance(60_000);
    expect(children).toHaveLength(1);
  });

  it("is replaced without the death being counted, and not at all once stopped", async () => {
    const { kept, children, events, last } = world();
    const replaced = kept.replace(1_000);
    last().die("SIGTERM");
    await replaced;
    expect(children).toHaveLength(2);
    const again = kept.replace(1_000);
    const stopped = kept.stop(1_000);
    last().die("SIGTERM");
    await Promise.all([again, stopped]);
    expect(children).toHaveLength(2);
    expect(events).toEqual([]);
  });
});
