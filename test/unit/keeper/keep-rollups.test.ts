import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextSize, RollupKeeping } from "../../../durable/keeper/keep-rollups.ts";
import { alarmAfterStore } from "../../../durable/keeper/notice.ts";
import { DatabaseError } from "../../../src/db/driver/database-error.ts";
import type { TapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const MINUTE = 60_000_000;
const BASE = 29_000_000 * MINUTE;
const us = (n: number) => n as EpochUs;

interface Options {
  /** Invalidations of each kind. */
  notes?: number;
  noteMs?: number;
  behindMinutes?: number;
  /** Minutes at which something was stored, after those that are rolled up; absent: all. */
  busy?: (minute: number) => boolean;
  /** Of points. */
  series?: number;
  minuteMs?: number;
  hourMs?: number;
  /** A statement that would take longer does nothing, and takes so long. */
  limitMs?: number;
}

/** A database in which everything takes some time. */
function keeper(options: Options = {}) {
  const { busy = () => true, series = 3, minuteMs = 0, hourMs = 0 } = options;
  const limitMs = options.limitMs ?? Number.POSITIVE_INFINITY;
  const clock = { us: us(BASE + (options.behindMinutes ?? 0) * MINUTE + MINUTE) };
  const state: TapeState = {
    ...{ watermarkUs: us(BASE), rolledThroughUs: us(BASE) },
    ...{ rawFromUs: us(0), packedThroughUs: us(0), minutesFromUs: us(0) },
  };
  const left = {
    points: options.notes ?? 0,
    trades: options.notes ?? 0,
    imported: options.notes ?? 0,
    packed: options.notes ?? 0,
  };
  const steps: string[] = [];
  const statement = (tookMs: number) => {
    clock.us = us(clock.us + Math.min(tookMs, limitMs) * 1_000);
    if (tookMs > limitMs)
      throw new DatabaseError(Object.assign(new Error("canceled"), { code: "57014" }));
  };
  const refresh = (kind: keyof typeof left) => async (most: number) => {
    const taken = Math.min(most, left[kind]);
    statement(taken * (options.noteMs ?? 0));
    left[kind] -= taken;
    if (taken > 0) steps.push(`${kind} ${taken}`);
    return taken;
  };
  const busyMinutes = (fromUs: number, toUs: number) =>
    Array.from(
      { length: (toUs - fromUs) / MINUTE },
      (_, at) => (fromUs - BASE) / MINUTE + at,
    ).filter(busy);
  const hours = new Map<number, number>();
  const keeping = new RollupKeeping({
    rollups: {
      async rollMinutes(fromUs, toUs) {
        expect(fromUs).toBe(state.rolledThroughUs);
        expect(toUs).toBeLessThanOrEqual(state.watermarkUs);
        const { length } = busyMinutes(fromUs, toUs);
        statement(length * minuteMs);
        steps.push(`minutes ${(toUs - fromUs) / MINUTE}`);
        return length > 0 ? "some" : "none";
      },
      async rollHour(hourUs, most) {
        const made = hours.get(hourUs) ?? 0;
        const ofHour = busyMinutes(hourUs, hourUs + 60 * MINUTE).length > 0 ? series : 0;
        const taken = Math.min(most, ofHour - made);
        statement(taken * hourMs);
        hours.set(hourUs, made + taken);
        if (taken > 0) steps.push(`hour ${taken}`);
        return taken;
      },
      async rollDay(dayUs) {
        expect(dayUs % (24 * 60 * MINUTE)).toBe(0);
        return 0;
      },
      async moveOn(fromUs, toUs) {
        expect(fromUs).toBe(state.rolledThroughUs);
        for (let hour = Math.floor(fromUs / 60 / MINUTE); hour * 60 * MINUTE < toUs; hour += 1) {
          const [startUs, endUs] = [hour * 60 * MINUTE, (hour + 1) * 60 * MINUTE];
          const isBusy = busyMinutes(startUs, endUs).length > 0;
          if (endUs <= toUs && isBusy) expect(hours.get(startUs)).toBe(series);
        }
        state.rolledThroughUs = toUs;
      },
      async firstEvent(fromUs, toUs) {
        const [first] = busyMinutes(fromUs, toUs);
        return first === undefined ? null : us(BASE + first * MINUTE + 1);
      },
      refreshPoints: refresh("points"),
      refreshTrades: refresh("trades"),
      refreshImported: refresh("imported"),
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
  const untilDone = async () => {
    for (let turns = 0; turns < 1_000; turns += 1) {
      if ((await keeping.turn()) === "up_to_date") return;
    }
    throw new Error("it never ends");
  };
  return { keeping, state, left, steps, clock, untilDone };
}

describe("a turn of the Keeper", () => {
  it("rolls forward first, in slices of five minutes, then refreshes, and packs last", async () => {
    const { keeping, steps } = keeper({ behindMinutes: 17, notes: 20 });
    expect(await keeping.turn()).toBe("up_to_date");
    expect(steps).toEqual([
      ...["minutes 5", "minutes 5", "minutes 5", "minutes 2"],
      ...["points 16", "points 4", "trades 16", "trades 4", "imported 16", "imported 4"],
      ...["packed 8", "packed 12"],
    ]);
  });

  it("makes an hour when it is over, of some series at a time", async () => {
    const { keeping, steps } = keeper({ behindMinutes: 61, series: 500, hourMs: 0.5 });
    await keeping.turn();
    // BASE lies 20 minutes after an hour.
    const before = Array.from({ length: 8 }, () => "minutes 5");
    const hour = [
      "hour 64",
      "hour 64",
      "hour 64",
      "hour 64",
      "hour 64",
      "hour 64",
      "hour 64",
      "hour 52",
    ];
    expect(steps.slice(0, 16)).toEqual([...before, ...hour]);
  });

  it("passes over time in which nothing was stored in a few steps, and stops where something was", async () => {
    const { untilDone, steps, state } = keeper({
      behindMinutes: 30 * 1_440,
      busy: (minute) => minute < 3 || (minute > 20_000 && minute < 20_003),
    });
    await untilDone();
    expect(state.rolledThroughUs).toBe(BASE + 30 * 1_440 * MINUTE);
    expect(steps.length).toBeLessThan(60);
  });

  it("INV-7 comes to an end where a statement may take less long than what is to be done, and does nothing twice", async () => {
    // An hour of all series, five minutes, and sixteen hours of a series each are too long at first.
    const { untilDone, steps, state, left } = keeper({
      ...{ behindMinutes: 180, series: 40, notes: 30 },
      ...{ minuteMs: 500, hourMs: 900, noteMs: 800, limitMs: 2_000 },
    });
    await untilDone();
    expect(state.rolledThroughUs).toBe(state.watermarkUs);
    expect(left).toEqual({ points: 0, trades: 0, imported: 0, packed: 0 });
    const made = steps.filter((step) => step.startsWith("hour"));
    expect(made.reduce((sum, step) => sum + Number(step.slice(5)), 0)).toBe(40 * 3);
  });

  it("fails where not even the smallest step can be done, and only then", async () => {
    const { keeping, state } = keeper({ behindMinutes: 5, minuteMs: 3_000, limitMs: 2_000 });
    expect(await keeping.turn()).toBe("behind");
    await expect(keeping.turn()).rejects.toThrow("canceled");
    expect(state.rolledThroughUs).toBe(BASE);
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
    expect(left).toEqual({ points: 0, trades: 0, imported: 0, packed: 0 });
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
