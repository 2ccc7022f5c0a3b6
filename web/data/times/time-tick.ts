import { type TimeStyle, timeText, type ZoneId } from "./times.ts";

/** From so long a step of ticks on, in seconds, ticks are told in this style. */
const STYLES: readonly [fromS: number, style: TimeStyle][] = [
  [300 * 86_400, "date"],
  [43_200, "day"],
  [60, "minute"],
  [1, "clock"],
];

/** The text of a tick at `seconds` of the epoch, whose neighbours are `stepS` away: it tells them apart. */
export function timeTick(seconds: number, stepS: number, zone: ZoneId): string {
  const style = STYLES.find(([fromS]) => stepS >= fromS)?.[1] ?? "exactClock";
  return timeText(style, seconds * 1_000, zone);
}
