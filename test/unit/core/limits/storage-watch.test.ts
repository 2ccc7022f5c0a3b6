import { describe, expect, it } from "vitest";
import { isUnnamed, objectFailureOf } from "../../../../src/core/limits/object-failure.ts";
import { isStorageFull, StorageWatch } from "../../../../src/core/limits/storage-watch.ts";

function watchOn(disk: { hasRoom: boolean; trials?: number }) {
  const told: string[] = [];
  const clock = { nowMs: 1_000_000 };
  const watch = new StorageWatch({
    nowMs: () => clock.nowMs,
    tryToWrite: async () => {
      disk.trials = (disk.trials ?? 0) + 1;
      return disk.hasRoom;
    },
    filled: (detail) => void told.push(detail),
    hasRoomAgain: () => void told.push("room"),
  });
  return { watch, told, clock };
}

describe("I-21 the disk under the rooms", () => {
  it("is tried once a second while it is full, never before", async () => {
    const disk = { hasRoom: false, trials: 0 };
    const { watch, clock } = watchOn(disk);
    expect(await watch.isFull()).toBe(false);
    watch.failed("SQLITE_FULL");
    for (let at = 0; at < 30; at += 1) {
      expect(await watch.isFull()).toBe(true);
      clock.nowMs += 100;
    }
    expect(disk.trials).toBe(2);
    clock.nowMs -= 3_600_000;
    disk.hasRoom = true;
    expect(await watch.isFull()).toBe(false);
    expect(watch.fullSinceMs).toBeNull();
  });

  it("explains a failure whose cause the runtime keeps to itself, where a trial finds no room", async () => {
    expect(isUnnamed(new Error("internal error; reference = ut1sh99b2cv2o2q7c95mu015"))).toBe(true);
    expect(isUnnamed(new TypeError("x is not a function"))).toBe(false);
    const disk = { hasRoom: true };
    const { watch, told } = watchOn(disk);
    expect(await watch.explains("internal error")).toBe(false);
    disk.hasRoom = false;
    expect(await watch.explains("internal error")).toBe(true);
    expect(await watch.explains("internal error")).toBe(true);
    expect(told).toEqual(["internal error"]);
  });

  it("is told of once an episode, and not again where it goes on a moment later", async () => {
    const disk = { hasRoom: true };
    const { watch, told, clock } = watchOn(disk);
    for (let at = 0; at < 5; at += 1) {
      watch.failed("full");
      watch.failed("full");
      clock.nowMs += 1_000;
      expect(await watch.isFull()).toBe(false);
    }
    expect(told).toEqual(["full", "room"]);
    clock.nowMs += 60_000;
    watch.failed("full again");
    expect(told.at(-1)).toBe("full again");
  });

  it("is known by what SQLite and the runtime say", () => {
    expect(isStorageFull(new Error("database or disk is full: SQLITE_FULL"))).toBe(true);
    expect(
      isStorageFull(new Error("append failed: Error: database or disk is full: SQLITE_FULL")),
    ).toBe(true);
    expect(isStorageFull(new Error("the database has gone"))).toBe(false);
  });
});

describe("I-22 an object that fails under a call", () => {
  it.each([
    ["reset", Object.assign(new Error("aborted"), { durableObjectReset: true })],
    ["reset", Object.assign(new Error("Network connection lost."), { retryable: true })],
    ["reset", new Error("internal error; reference = ut1sh99b2cv2o2q7c95mu015")],
    ["overloaded", Object.assign(new Error("overloaded"), { overloaded: true, retryable: true })],
    [null, Object.assign(new TypeError("x is not a function"), { remote: true })],
    [null, undefined],
  ])("%s", (failure, error) => {
    expect(objectFailureOf(error)).toBe(failure);
  });
});
