import { DAY_US, floorUs, HOUR_US, MINUTE_US } from "../../src/core/time/duration.ts";
import { failureOf } from "../../src/db/driver/database-error.ts";
import type { Rollups } from "../../src/db/upkeep/rollups/rollups.ts";
import type { TapeState } from "../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import { WATERMARK_LAG_US } from "./notice.ts";

/** A step should take about so long: on one machine the database serves nobody else meanwhile. */
const STEP_MS = 40;
/** After so long the rest waits for another turn. */
const TURN_MS = 1_000;
/**
 * Steps of each kind: how large the first is, and the largest. Of `minutes` it is their number, and 5 of a busy tape are
 * hundreds of thousands of points; of `hours` and `days` series, or symbols; of `packed` series; else invalidations.
 */
const SIZES = {
  minutes: { first: 5, most: 5 },
  hours: { first: 64, most: 8_192 },
  days: { first: 512, most: 8_192 },
  points: { first: 16, most: 512 },
  trades: { first: 16, most: 512 },
  imported: { first: 16, most: 512 },
  packed: { first: 8, most: 256 },
};
type Kind = keyof typeof SIZES;
/** A step that took longer than the database lets a statement take is tried again at so small a part of its size. */
const CUT = 4;
/** Of a time in which nothing was stored so much is passed at once. */
const EMPTY_US = 7 * DAY_US;

export interface KeepRollupsDeps {
  rollups: Rollups;
  advanceWatermark(throughUs: EpochUs, mostUs: number): Promise<TapeState>;
  nowUs(): EpochUs;
  /** Lets others at the database. */
  pause(): Promise<void>;
}

/**
 * Brings rollups up to date: first forward to the watermark, then stale hours; then packs points. All in steps whose size
 * follows the time they take. Every step is whole in itself, so it may end anywhere; what it has made is not made again.
 */
export class RollupKeeping {
  readonly #deps: KeepRollupsDeps;
  readonly #sizes = Object.fromEntries(
    Object.entries(SIZES).map(([kind, { first }]) => [kind, first]),
  ) as Record<Kind, number>;

  /** How far everything is rolled up, as the last step has seen it; null before the first. */
  rolledThroughUs: EpochUs | null = null;

  constructor(deps: KeepRollupsDeps) {
    this.#deps = deps;
  }

  /** @returns `behind` where the turn was too short for all of it. @throws DatabaseError */
  async turn(): Promise<"up_to_date" | "behind"> {
    const { nowUs } = this.#deps;
    const endUs = nowUs() + TURN_MS * 1_000;
    if (!(await this.#rollForward(endUs))) return "behind";
    const { rollups } = this.#deps;
    // Imported bars after trades: they give way to those. Nobody waits for anything to be packed.
    const isDone =
      (await this.#repeat("points", rollups.refreshPoints, endUs)) &&
      (await this.#repeat("trades", rollups.refreshTrades, endUs)) &&
      (await this.#repeat("imported", rollups.refreshImported, endUs)) &&
      (await this.#repeat("packed", rollups.pack, endUs));
    return isDone ? "up_to_date" : "behind";
  }

  async #rollForward(endUs: number): Promise<boolean> {
    const { nowUs, pause } = this.#deps;
    while (!(await this.#rollSlice())) {
      if (nowUs() >= endUs) return false;
      await pause();
    }
    return true;
  }

  /** Rolls a slice of time forward, with the hours and days that end in it. @returns whether there was none left. */
  async #rollSlice(): Promise<boolean> {
    const { advanceWatermark, rollups, nowUs } = this.#deps;
    const throughUs = floorUs(nowUs() - WATERMARK_LAG_US, MINUTE_US) as EpochUs;
    const sliceUs = this.#sizes.minutes * MINUTE_US;
    const { rolledThroughUs: fromUs, ...state } = await advanceWatermark(throughUs, sliceUs);
    this.rolledThroughUs = fromUs;
    let { watermarkUs } = state;
    if (fromUs >= watermarkUs) return true;
    // Whoever ended in the middle may have left the watermark further on.
    let endUs = Math.min(fromUs + sliceUs, endOfHour(fromUs));
    const emptyThroughUs = await this.#emptyThrough(fromUs, throughUs);
    if (emptyThroughUs > endUs) {
      endUs = emptyThroughUs;
      ({ watermarkUs } = await advanceWatermark(throughUs, endUs - fromUs));
    }
    const toUs = Math.min(endUs, watermarkUs) as EpochUs;
    const found = await this.#timed("minutes", () => rollups.rollMinutes(fromUs, toUs));
    if (found === "too_long") return false;
    const firstUs = found === "none" ? fromUs : Number.POSITIVE_INFINITY;
    for (const hourUs of endedIn(fromUs, toUs, HOUR_US)) {
      // What has begun in an empty slice, and ended in it, is empty.
      if (hourUs < firstUs) await this.#repeat("hours", (most) => rollups.rollHour(hourUs, most));
    }
    for (const dayUs of endedIn(fromUs, toUs, DAY_US)) {
      if (dayUs < firstUs) await this.#repeat("days", (most) => rollups.rollDay(dayUs, most));
    }
    await rollups.moveOn(fromUs, toUs);
    return false;
  }

  /**
   * Up to where nothing was stored that is not rolled up: in this hour, or over whole ones. Asked only where there is much to
   * catch up with. What is stored there meanwhile is rolled up all the same.
   */
  async #emptyThrough(fromUs: EpochUs, throughUs: EpochUs): Promise<EpochUs> {
    if (throughUs - fromUs <= SIZES.minutes.most * MINUTE_US) return fromUs;
    const isWhole = fromUs % HOUR_US === 0;
    const toUs = Math.min(throughUs, isWhole ? fromUs + EMPTY_US : endOfHour(fromUs)) as EpochUs;
    try {
      const firstUs = await this.#deps.rollups.firstEvent(fromUs, toUs);
      if (firstUs === null) return toUs;
      return floorUs(firstUs, firstUs >= endOfHour(fromUs) ? HOUR_US : MINUTE_US) as EpochUs;
    } catch (error) {
      if (isTimeout(error)) return fromUs;
      throw error;
    }
  }

  /** Takes steps until there is nothing left to take, or the time is over. @returns whether nothing is left. */
  async #repeat(
    kind: Kind,
    step: (most: number) => Promise<number>,
    endUs = Number.POSITIVE_INFINITY,
  ): Promise<boolean> {
    const { nowUs, pause } = this.#deps;
    for (;;) {
      const taken = await this.#timed(kind, () => step(this.#sizes[kind]));
      if (taken === 0) return true;
      if (nowUs() >= endUs) return false;
      await pause();
    }
  }

  /**
   * A step; its time decides the size of the next. One that took too long for the database has done nothing, and the next is
   * smaller. @throws what else it fails with, and where it cannot be smaller.
   */
  async #timed<Outcome>(kind: Kind, step: () => Promise<Outcome>): Promise<Outcome | "too_long"> {
    const { nowUs } = this.#deps;
    const size = this.#sizes[kind];
    const beganUs = nowUs();
    try {
      const outcome = await step();
      const tookMs = (nowUs() - beganUs) / 1_000;
      if (outcome !== 0) this.#sizes[kind] = nextSize(size, tookMs, SIZES[kind].most);
      return outcome;
    } catch (error) {
      if (!isTimeout(error) || size === 1) throw error;
      this.#sizes[kind] = Math.max(1, Math.floor(size / CUT));
      return "too_long";
    }
  }
}

/** Size of the next step after one of `size` took `tookMs`. */
export function nextSize(size: number, tookMs: number, most: number): number {
  if (tookMs > STEP_MS) return Math.max(1, size >> 1);
  return tookMs < STEP_MS / 2 ? Math.min(most, size * 2) : size;
}

function isTimeout(error: unknown): boolean {
  const failure = failureOf(error);
  return failure?.kind === "unavailable" && failure.why === "timeout";
}

/** The end of the hour that holds a moment; of one at its beginning too. */
function endOfHour(us: EpochUs): EpochUs {
  return (floorUs(us, HOUR_US) + HOUR_US) as EpochUs;
}

/** Starts of the buckets that hold part of (fromUs, toUs], and are over by its end. */
function endedIn(fromUs: EpochUs, toUs: EpochUs, lengthUs: number): EpochUs[] {
  const starts: EpochUs[] = [];
  for (let us = floorUs(fromUs, lengthUs); us + lengthUs <= toUs; us += lengthUs) {
    starts.push(us as EpochUs);
  }
  return starts;
}
