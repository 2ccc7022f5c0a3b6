import type { EpochUs } from "../../../protocol/words/time.ts";

/**
 * What keeps the rollups of a database right. All of it may be repeated, and ended in the middle.
 */
export interface Rollups {
  /**
   * Makes the minutes of [fromUs, toUs), which is not after the watermark.
   * @returns whether there is anything in it, as far as the database can say.
   */
  rollMinutes(fromUs: EpochUs, toUs: EpochUs): Promise<"some" | "none">;
  /**
   * Makes an hour whose minutes are made, of at most so many series and as many symbols.
   * @returns how many; 0 when all have it.
   */
  rollHour(hourUs: EpochUs, most: number): Promise<number>;
  /** The same of a day whose hours are made. */
  rollDay(dayUs: EpochUs, most: number): Promise<number>;
  /** All of [fromUs, toUs) is made: moves `rolled_through` on to `toUs`. */
  moveOn(fromUs: EpochUs, toUs: EpochUs): Promise<void>;
  /** The first moment of anything stored in the range; null where nothing is. */
  firstEvent(fromUs: EpochUs, toUs: EpochUs): Promise<EpochUs | null>;
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
