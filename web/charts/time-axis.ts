import {
  defaultHorzScaleBehavior,
  type IHorzScaleBehavior,
  type Time,
  type TimeScalePoint,
} from "lightweight-charts";
import type { Interval } from "../../src/protocol/events/bar.ts";
import { DAY, MINUTE, MONTH, UTC, weightsOf, YEAR } from "../data/times/time-weights.ts";
import { type TimeStyle, timeText, type ZoneId } from "../data/times/times.ts";
import { zoneOf } from "../data/times/zone-offset.ts";

type Point = { -readonly [K in keyof TimeScalePoint]: TimeScalePoint[K] };

/**
 * The library's time axis with years, months and days that begin as clocks of `zone` say; it asks UTC alone. Shifting
 * the times themselves, as its docs propose, would put an hour twice in the same place when clocks are set back. Bars of
 * a day begin at midnight UTC and are named by that day.
 */
export function timeAxisOf(interval: () => Interval, zone: ZoneId): IHorzScaleBehavior<Time> {
  const ownZone = zoneOf(zone);
  const Axis = defaultHorzScaleBehavior();
  const axis = new Axis();
  axis.fillWeightsForPoints = (points: readonly Point[], from = 0) => {
    const seconds = points.map(({ originalTime }) => Number(originalTime));
    weightsOf(seconds, from, interval() === "1d" ? UTC : ownZone).forEach((weight, i) => {
      const point = points[from + i];
      if (point !== undefined) point.timeWeight = weight as Point["timeWeight"];
    });
  };
  axis.formatTickmark = ({ originalTime, weight }) =>
    text(Number(originalTime), unitOf(weight), interval(), zone);
  return axis;
}

/** The moment under the crosshair. */
export function momentText(seconds: number, interval: Interval, zone: ZoneId): string {
  return text(seconds, interval === "1d" ? "date" : "dateClock", interval, zone);
}

function unitOf(weight: number): TimeStyle {
  if (weight >= YEAR) return "year";
  if (weight >= MONTH) return "month";
  if (weight >= DAY) return "day";
  return weight >= MINUTE ? "minute" : "clock";
}

function text(seconds: number, style: TimeStyle, interval: Interval, zone: ZoneId): string {
  return timeText(style, seconds * 1_000, interval === "1d" ? "UTC" : zone);
}
