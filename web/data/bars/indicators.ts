import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { ZoneId } from "../times/times.ts";
import { dayOf } from "../times/zone-moment.ts";

/** One figure for each bar, NaN where a bar has none. Of `bars` those from index `from` on are others than at the call before. */
export type Indicator = (bars: readonly Bar[], from: number) => readonly number[];

/** Figures that are made of the bars up to their own, so that a trade in the newest bar makes one figure anew. */
function indicator(figure: (bars: readonly Bar[], at: number) => number): Indicator {
  const figures: number[] = [];
  return (bars, from) => {
    figures.length = Math.min(from, figures.length);
    for (let at = figures.length; at < bars.length; at++) figures.push(figure(bars, at));
    return figures;
  };
}

/** The mean of the last `length` closes; none where there are fewer. Each is added up by itself, so no error of rounding is carried on. */
export function movingAverage(length: number): Indicator {
  return indicator((bars, at) => {
    let sum = 0;
    for (let of = at - length + 1; of <= at; of++) sum += bars[of]?.close ?? Number.NaN;
    return sum / length;
  });
}

/**
 * The price of the day by volume, since midnight of the zone: typical prices (the mean of high, low and close), each weighted by the volume of its bar.
 * None before there was any volume. `isReached` says whether the bars go back to a moment: the figures of a day that does not begin here yet would be those of a part
 * of it, so there are none.
 */
export function dayVwap(zone: () => ZoneId, isReached: (fromUs: number) => boolean): Indicator {
  const sums: { money: number; volume: number }[] = [];
  let day = { fromUs: 0, toUs: 0 };
  return indicator((bars, at) => {
    const { ts, high, low, close, volume: traded } = bars[at] as Bar;
    if (at === 0 || ts < day.fromUs || ts >= day.toUs) day = dayOf(ts, zone());
    const isOfDay = (bars[at - 1]?.ts ?? 0) >= day.fromUs;
    const nothing = { money: at > 0 || isReached(day.fromUs) ? 0 : Number.NaN, volume: 0 };
    const before = isOfDay ? (sums[at - 1] ?? nothing) : nothing;
    const money = before.money + ((high + low + close) / 3) * traded;
    const volume = before.volume + traded;
    sums[at] = { money, volume };
    return money / volume;
  });
}
