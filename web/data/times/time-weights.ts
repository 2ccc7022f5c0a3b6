/**
 * Which moments of a time axis matter how much, as lightweight-charts counts it: where a year begins more than where a
 * month does, and so on. The library asks UTC alone; here years, days and hours begin where clocks of a zone say so.
 */

import type { Zone } from "./zone-offset.ts";

/** `TickMarkWeight` of lightweight-charts 5.2, which it does not export. */
export const YEAR = 70;
export const MONTH = 60;
export const DAY = 50;
export const MINUTE = 20;
const HOURS_AND_LESS = [
  [12 * 3_600_000, 33],
  [6 * 3_600_000, 32],
  [3 * 3_600_000, 31],
  [3_600_000, 30],
  [30 * 60_000, 22],
  [5 * 60_000, 21],
  [60_000, MINUTE],
  [1_000, 10],
] as const;
const LEAST = 0;

export const UTC: Zone = () => 0;

/**
 * The weight of each moment of `seconds` (epoch, ascending) from index `from` on: that of the largest unit which begins
 * between the moment before and itself. The first of all says its day.
 */
export function weightsOf(seconds: readonly number[], from: number, zone: Zone): number[] {
  return seconds.slice(from).map((second, i) => {
    const before = seconds[from + i - 1];
    return before === undefined
      ? DAY
      : weightBetween(before * 1_000 + zone(before * 1_000), second * 1_000 + zone(second * 1_000));
  });
}

function weightBetween(beforeMs: number, nowMs: number): number {
  const [before, now] = [new Date(beforeMs), new Date(nowMs)];
  if (before.getUTCFullYear() !== now.getUTCFullYear()) return YEAR;
  if (before.getUTCMonth() !== now.getUTCMonth()) return MONTH;
  if (before.getUTCDate() !== now.getUTCDate()) return DAY;
  const begun = HOURS_AND_LESS.find(
    ([lengthMs]) => Math.floor(beforeMs / lengthMs) !== Math.floor(nowMs / lengthMs),
  );
  return begun?.[1] ?? LEAST;
}
