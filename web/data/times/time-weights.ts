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
const DAY_MS = 86_400_000;

export const UTC: Zone = () => 0;

/**
 * The weight of each moment of `seconds` (epoch, ascending) from index `from` on: that of the largest unit which begins
 * between the moment before and itself. The first of all says its day, where another day follows: alone it says its time.
 */
export function weightsOf(seconds: readonly number[], from: number, zone: Zone): number[] {
  const shown = (second: number) => second * 1_000 + zone(second * 1_000);
  const first = seconds[from - 1];
  let beforeMs = first === undefined ? null : shown(first);
  const dayOf = (second = 0) => Math.floor(shown(second) / DAY_MS);
  const isOneDay = dayOf(seconds[0]) === dayOf(seconds.at(-1));
  return seconds.slice(from).map((second) => {
    const nowMs = shown(second);
    const weight =
      beforeMs === null && !isOneDay ? DAY : weightBetween(beforeMs ?? nowMs - 1, nowMs);
    beforeMs = nowMs;
    return weight;
  });
}

function weightBetween(beforeMs: number, nowMs: number): number {
  // A date is dear to find out, and of 100,000 bars few begin another.
  if (Math.floor(beforeMs / DAY_MS) !== Math.floor(nowMs / DAY_MS)) {
    const [before, now] = [new Date(beforeMs), new Date(nowMs)];
    if (before.getUTCFullYear() !== now.getUTCFullYear()) return YEAR;
    return before.getUTCMonth() === now.getUTCMonth() ? DAY : MONTH;
  }
  const begun = HOURS_AND_LESS.find(
    ([lengthMs]) => Math.floor(beforeMs / lengthMs) !== Math.floor(nowMs / lengthMs),
  );
  return begun?.[1] ?? LEAST;
}
