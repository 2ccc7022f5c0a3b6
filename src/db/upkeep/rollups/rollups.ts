import type { EpochUs } from "../../../protocol/time.ts";

/**
 * What keeps the rollups of a database right. All of it may be repeated, and ended in the middle.
 */
export interface Rollups {
  /** Makes the rollups of [fromUs, toUs) and moves `rolled_through` on to `toUs`. */
  rollForward(fromUs: EpochUs, toUs: EpochUs): Promise<void>;
  /**
   * Makes stale hours of points right again, the newest first. @returns how many; 0 when none is
   * left.
   */
  refreshPoints(mostInvalidations: number): Promise<number>;
  /** The same of trades. */
  refreshTrades(mostInvalidations: number): Promise<number>;
  /** The same of what imported bars give. */
  refreshImported(mostInvalidations: number): Promise<number>;
  /**
   * Packs points of hours that are over, of at most so many series, where the database does not
   * compress them itself.
   * @returns how many; 0 when nothing is left.
   */
  pack(mostSeries: number): Promise<number>;
}
