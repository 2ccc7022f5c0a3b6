import type { Rollups } from "../../src/db/upkeep/rollups/rollups.ts";
import type { TapeState } from "../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../src/protocol/time.ts";
import { WATERMARK_LAG_US } from "./notice.ts";

/** A step should take about so long: on one machine the database serves nobody else meanwhile. */
const STEP_MS = 40;
/** After so long the rest waits for another turn. */
const TURN_MS = 1_000;
/** A step of the watermark: what a Keeper that was away has to catch up with is done in such parts, in minutes. */
const ADVANCE = { first: 60, most: 7 * 24 * 60 };
const NOTES = { first: 16, most: 512 };
/** Series whose hour is packed in a step. */
const PACKED = { first: 8, most: 256 };

export interface KeepRollupsDeps {
  rollups: Rollups;
  advanceWatermark(throughUs: EpochUs, mostUs: number): Promise<TapeState>;
  nowUs(): EpochUs;
  /** Lets others at the database. */
  pause(): Promise<void>;
}

/**
 * Brings rollups up to date: first forward to the watermark, then stale hours; then packs points. All in steps whose size
 * follows the time they take. Every step is whole in itself, so it may end anywhere.
 */
export class RollupKeeping {
  readonly #deps: KeepRollupsDeps;
  readonly #sizes = {
    ...{ points: NOTES.first, trades: NOTES.first, posted: NOTES.first },
    packed: PACKED.first,
  };
  #advanceMinutes = ADVANCE.first;

  constructor(deps: KeepRollupsDeps) {
    this.#deps = deps;
  }

  /** @returns `behind` where the turn was too short for all of it. @throws DatabaseError */
  async turn(): Promise<"up_to_date" | "behind"> {
    const { nowUs } = this.#deps;
    const endUs = nowUs() + TURN_MS * 1_000;
    if (!(await this.#rollForward(endUs))) return "behind";
    const { rollups } = this.#deps;
    // Posted bars after trades: they give way to those. Nobody waits for anything to be packed.
    const isDone =
      (await this.#repeat("points", rollups.refreshPoints, endUs)) &&
      (await this.#repeat("trades", rollups.refreshTrades, endUs)) &&
      (await this.#repeat("posted", rollups.refreshImported, endUs)) &&
      (await this.#repeat("packed", rollups.pack, endUs));
    return isDone ? "up_to_date" : "behind";
  }

  async #rollForward(endUs: number): Promise<boolean> {
    const { advanceWatermark, rollups, nowUs, pause } = this.#deps;
    for (;;) {
      const throughUs = (nowUs() - WATERMARK_LAG_US) as EpochUs;
      const state = await advanceWatermark(throughUs, this.#advanceMinutes * 60_000_000);
      if (state.rolledThroughUs >= state.watermarkUs) return true;
      const beganUs = nowUs();
      await rollups.rollForward(state.rolledThroughUs, state.watermarkUs);
      const tookMs = (nowUs() - beganUs) / 1_000;
      this.#advanceMinutes = nextSize(this.#advanceMinutes, tookMs, ADVANCE.most);
      if (nowUs() >= endUs) return false;
      await pause();
    }
  }

  async #repeat(
    kind: "points" | "trades" | "posted" | "packed",
    step: (most: number) => Promise<number>,
    endUs: number,
  ): Promise<boolean> {
    const { nowUs, pause } = this.#deps;
    const { most } = kind === "packed" ? PACKED : NOTES;
    for (;;) {
      const beganUs = nowUs();
      const taken = await step(this.#sizes[kind]);
      if (taken === 0) return true;
      const tookMs = (nowUs() - beganUs) / 1_000;
      this.#sizes[kind] = nextSize(this.#sizes[kind], tookMs, most);
      if (nowUs() >= endUs) return false;
      await pause();
    }
  }
}

/** Size of the next step after one of `size` took `tookMs`. */
export function nextSize(size: number, tookMs: number, most: number): number {
  if (tookMs > STEP_MS) return Math.max(1, size >> 1);
  return tookMs < STEP_MS / 2 ? Math.min(most, size * 2) : size;
}
