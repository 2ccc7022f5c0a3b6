import type { EpochUs } from "../../src/protocol/words/time.ts";

/** Late data is rolled up so long after it was stored, in ms: what comes together is done together. */
const LATE_MS = 1_000;
/** The watermark follows the clock at this distance, so that what is pushed in time is rarely late. */
export const WATERMARK_LAG_US = 60_000_000;
const MINUTE_MS = 60_000;

/** When the Keeper is to look after something was stored at `nowMs`, given when it looks anyway (null: never). */
export function alarmAfterStore(nowMs: number, isLate: boolean, alarmMs: number | null): number {
  // The watermark can move on at the next full minute.
  const wantedMs = isLate
    ? nowMs + LATE_MS
    : (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS + LATE_MS;
  return alarmMs === null ? wantedMs : Math.min(alarmMs, wantedMs);
}

/** Alarms of the Keeper and what a Writer thinks of them may differ by so much, in ms. */
const CLOCKS_MS = 1_000;

/**
 * Has the Keeper to be told that something was stored at `nowMs`, given when it said it would look (null: nobody knows)? Not where
 * it looks soon enough anyway, and surely after now.
 */
export function mustTell(nowMs: number, isLate: boolean, alarmMs: number | null): boolean {
  if (alarmMs === null || alarmMs < nowMs + CLOCKS_MS) return true;
  return alarmAfterStore(nowMs, isLate, alarmMs) !== alarmMs;
}

/** Could data of this time be earlier than the watermark? Says only how soon somebody looks; what is stale is noted anyway. */
export function mayBeLate(earliestUs: number, nowUs: EpochUs): boolean {
  return earliestUs < nowUs - WATERMARK_LAG_US;
}
