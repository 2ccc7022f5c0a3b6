import { describe, expect, it } from "vitest";
import { alarmAfterStore, mustTell } from "../../../durable/keeper/notice.ts";

const MINUTE = 60_000;
/** 20 s into a minute. */
const NOW = 100 * MINUTE + 20_000;

describe("what a Writer tells the Keeper", () => {
  it("is each store while nobody knows when it looks", () => {
    expect(mustTell(NOW, false, null)).toBe(true);
  });

  it("is one store a minute, where nothing is late", () => {
    let alarmMs: number | null = null;
    let told = 0;
    for (let ms = NOW; ms < NOW + 10 * MINUTE; ms += 1_000) {
      // It has looked, and sleeps for a day.
      if (!mustTell(ms, false, alarmMs)) continue;
      told += 1;
      alarmMs = alarmAfterStore(ms, false, alarmMs !== null && alarmMs <= ms ? null : alarmMs);
    }
    expect(told).toBeGreaterThanOrEqual(10);
    expect(told).toBeLessThanOrEqual(31);
  });

  it("is late data, where it would look after more than a second", () => {
    const alarmMs = alarmAfterStore(NOW, false, null);
    expect(mustTell(NOW, false, alarmMs)).toBe(false);
    expect(mustTell(NOW, true, alarmMs)).toBe(true);
  });

  it("is each store that it may not see any more, whoever's clock is ahead", () => {
    expect(mustTell(NOW, true, NOW)).toBe(true);
    expect(mustTell(NOW, false, NOW + 999)).toBe(true);
    expect(mustTell(NOW, false, NOW - 1)).toBe(true);
  });

  it("is each store whose alarm is too far off, as where a clock was turned back", () => {
    expect(mustTell(NOW, false, NOW + 60 * MINUTE)).toBe(true);
  });
});
