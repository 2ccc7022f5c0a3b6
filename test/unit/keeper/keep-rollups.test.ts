import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextSize, RollupKeeping } from "../../../durable/keeper/keep-rollups.ts";
import { alarmAfterStore } from "../../../durable/keeper/notice.ts";
import type { TapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../../src/protocol/time.ts";

const MINUTE = 60_000_000;
const BASE = 29_000_000 * MINUTE;
const us = (n: number) => n as EpochUs;

/** A database of so many notes, each of which takes some time. */
function keeper(options: { notes?: number; noteMs?: number; behindMinutes?: number } = {}) {
  const clock = { us: us(BASE + (options.behindMinutes ?? 0) * MINUTE + MINUTE) };
  const state: TapeState = {
    ...{ watermarkUs: us(BASE), rolledThroughUs: us(BASE) },
    ...{ rawFromUs: us(0), packedThroughUs: us(0), minutesFromUs: us(0) },
  };
  const left = {
    points: options.notes ?? 0,
    trades: options.notes ?? 0,
    posted: options.notes ?? 0,
    packed: options.notes ?? 0,
  };
  const steps: string[] = [];
  const refresh = (kind: keyof typeof left) => async (most: number) => {
    const taken = Math.min(most, left[kind]);
    left[kind] -= taken;
    clock.us = us(clock.us + taken * (options.noteMs ?? 0) * 1_000);
    if (taken > 0) steps.push(`${kind} ${taken}`);
    return taken;
  };
  const keeping = new RollupKeeping({
    rollups: {
      async rollForward(fromUs, toUs) {
        expect(fromUs).toBe(state.rolledThroughUs);
        expect(toUs).toBeLessThanOrEqual(state.watermarkUs);
        state.rolledThroughUs = toUs;
        steps.push(`forward ${(toUs - fromUs) / MINUTE}`);
      },
      refreshPoints: refresh("points"),
      refreshTrades: refresh("trades"),
      refreshImported: refresh("posted"),
      pack: refresh("packed"),
    },
    async advanceWatermark(throughUs, mostUs) {
      const wanted = Math.min(
        Math.floor(throughUs / MINUTE) * MINUTE,
        state.rolledThroughUs + mostUs,
      );
      state.watermarkUs = us(Math.max(state.watermarkUs, wanted));
      return { ...state };
    },
    nowUs: () => clock.us,
    pause: async () => undefined,
  });
  return { keeping, state, left, steps, clock };
}

describe("a turn of the Keeper", () => {
  it("rolls forward first, in steps that grow while they are quick, then refreshes, and packs last", async () => {
    const { keeping, steps } = keeper({ behindMinutes: 500, notes: 20 });
    expect(await keeping.turn()).toBe("up_to_date");
    expect(steps).toEqual([
      ...["forward 60", "forward 120", "forward 240", "forward 80"],
      ...["points 16", "points 4", "trades 16", "trades 4", "posted 16", "posted 4"],
      ...["packed 8", "packed 12"],
    ]);
  });

  it("does nothing where nothing is to be done", async () => {
    const { keeping, steps } = keeper();
    expect(await keeping.turn()).toBe("up_to_date");
    expect(steps).toEqual([]);
  });

  it("ends a turn in time, and the next ones do the rest", async () => {
    const { keeping, left, clock } = keeper({ notes: 500, noteMs: 10 });
    const began = clock.us;
    expect(await keeping.turn()).toBe("behind");
    expect((clock.us - began) / 1_000).toBeLessThan(1_500);
    for (let turns = 0; turns < 50 && (await keeping.turn()) === "behind"; turns += 1);
    expect(left).toEqual({ points: 0, trades: 0, posted: 0, packed: 0 });
  });

  it("settles at a size of step that takes about its time, whatever a note costs", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1_000, noNaN: true }),
        fc.integer({ min: 1, max: 512 }),
        (noteMs, first) => {
          let size = first;
          const tookMs: number[] = [];
          for (let i = 0; i < 30; i += 1) {
            tookMs.push(size * noteMs);
            size = nextSize(size, size * noteMs, 512);
          }
          const [longest, shortest] = [
            Math.max(...tookMs.slice(-5)),
            Math.min(...tookMs.slice(-5)),
          ];
          // No step is longer than its time but one that cannot be shorter, and none shorter but one that is as large as may be.
          expect(longest <= 40 || longest === noteMs).toBe(true);
          expect(shortest >= 20 || shortest === 512 * noteMs).toBe(true);
        },
      ),
    );
  });
});

describe("when the Keeper looks", () => {
  const NOW = 29_000_000 * 60_000 + 12_345;

  it("soon after late data, else when the watermark can move on", () => {
    expect(alarmAfterStore(NOW, true, null)).toBe(NOW + 1_000);
    expect(alarmAfterStore(NOW, false, null)).toBe(29_000_001 * 60_000 + 1_000);
  });

  it("keeps an earlier alarm, and only that", () => {
    expect(alarmAfterStore(NOW, true, NOW + 20)).toBe(NOW + 20);
    expect(alarmAfterStore(NOW, true, NOW + 20_000)).toBe(NOW + 1_000);
  });
});
