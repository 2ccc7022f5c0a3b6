import { describe, expect, it } from "vitest";
import { Breath } from "../../../src/core/limits/breath.ts";

/** A thread whose clock moves where something is done, or where all wait. */
function thread() {
  let nowMs = 0;
  const timers: { atMs: number; fire: () => void }[] = [];
  const log: string[] = [];
  const breath = new Breath({
    nowMs: () => nowMs,
    wait: (ms) => new Promise((fire) => timers.push({ atMs: nowMs + ms, fire })),
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return {
    ...{ breath, log },
    work: async (name: string, slices: number, sliceMs = 10) => {
      await breath.take();
      for (let slice = 0; slice < slices; slice += 1) {
        if (slice > 0) await breath.pause();
        nowMs += sliceMs;
        log.push(name);
        breath.worked();
      }
    },
    /** All that is due fires together, and the network is looked at before. */
    poll: async () => {
      await settle();
      log.push("poll");
      nowMs += 1;
      for (const timer of timers.splice(0)) timer.fire();
      await settle();
    },
    turnBack: () => {
      nowMs -= 60_000;
    },
  };
}

describe("what takes long on one thread", () => {
  it("begins at once where nobody else has anything long to do", async () => {
    const { work, log } = thread();
    await work("a", 1);
    expect(log).toEqual(["a"]);
  });

  it("has a look at the network before the next of it", async () => {
    const { work, poll, log } = thread();
    for (const name of ["a", "b", "c"]) void work(name, 1);
    for (let turn = 0; turn < 12; turn += 1) await poll();
    expect(log.filter((each) => each !== "poll")).toEqual(["a", "b", "c"]);
    const pairs = log.map((each, at) => [each, log[at + 1]]);
    expect(pairs.some(([one, next]) => one !== "poll" && next !== "poll")).toBe(false);
  });

  it("has one before each of its slices, and takes turns with what is shorter", async () => {
    const { work, poll, log } = thread();
    void work("long", 4);
    void work("short", 1);
    for (let turn = 0; turn < 30; turn += 1) await poll();
    expect(log.indexOf("short")).toBeLessThan(log.lastIndexOf("long"));
    expect(log.filter((each) => each === "long")).toHaveLength(4);
  });

  it("rests for three looks at the network after 8 ms of it, whoever has done it", async () => {
    const { work, poll, log } = thread();
    for (const name of ["a", "b", "c", "d", "e", "f"]) void work(name, 1, 3);
    for (let turn = 0; turn < 20; turn += 1) await poll();
    const text = log.join(" ").replaceAll("poll", "-").replaceAll(" ", "");
    // Each is 3 ms long: after the third the others wait.
    expect(text).toMatch(/^a-+b-+c-{3,}d-+e-+f/);
    const looks = text.match(/-+/g)?.map(({ length }) => length) ?? [];
    expect(looks[2]).toBeGreaterThan(looks[1] ?? 0);
  });

  it("does not rest for what was over long ago", async () => {
    const { work, poll, log } = thread();
    await work("a", 1, 50);
    for (let turn = 0; turn < 6; turn += 1) await poll();
    await work("b", 1);
    expect(log.at(-1)).toBe("b");
  });

  it("does not wait for a clock that was turned back", async () => {
    const { work, log, turnBack } = thread();
    await work("a", 1);
    turnBack();
    await work("b", 1);
    expect(log).toEqual(["a", "b"]);
  });

  it("does not wait for ever for a clock that stands still", async () => {
    let waits = 0;
    const wait = async () => {
      waits += 1;
    };
    const breath = new Breath({ nowMs: () => 7, wait });
    await breath.take();
    await breath.take();
    // Two of them look at when it was over.
    expect(waits).toBe(22);
  });
});
