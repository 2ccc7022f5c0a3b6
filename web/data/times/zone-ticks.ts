import type { Zone } from "./zone-offset.ts";

/**
 * The moments from `fromS` to `toS` (seconds of the epoch) at which clocks of `zone` show a whole multiple of `stepS`: steps of
 * a day are midnights there, also over days of 23 and 25 hours.
 */
export function zoneTicks(fromS: number, toS: number, stepS: number, zone: Zone): number[] {
  const shown = (second: number) => second + zone(second * 1_000) / 1_000;
  const ticks: number[] = [];
  for (let at = fromS - past(shown(fromS), stepS); at <= toS; at += stepS) {
    at = aligned(at);
    if (at >= fromS && at <= toS && at !== ticks.at(-1)) ticks.push(at);
  }
  return ticks;

  /** The nearest moment that is shown as a multiple: clocks were set between the tick before and this one. */
  function aligned(at: number): number {
    const over = past(shown(at), stepS);
    const nearest = over > stepS / 2 ? at + stepS - over : at - over;
    // An hour that clocks leave out has no such moment.
    return past(shown(nearest), stepS) === 0 ? nearest : at;
  }
}

/** What is over the last whole multiple. */
function past(second: number, stepS: number): number {
  return second - Math.floor(second / stepS) * stepS;
}
