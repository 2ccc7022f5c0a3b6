import {
  defaultHorzScaleBehavior,
  type IHorzScaleBehavior,
  type Time,
  type TimeScalePoint,
} from "lightweight-charts";
import type { Interval } from "../../src/protocol/events/bar.ts";
import {
  DAY,
  MINUTE,
  MONTH,
  READERS_ZONE,
  UTC,
  weightsOf,
  YEAR,
} from "../data/bars/time-weights.ts";

type Point = { -readonly [K in keyof TimeScalePoint]: TimeScalePoint[K] };

/**
 * The library's time axis with years, months and days that begin where the reader has them; it asks UTC alone. Shifting
 * the times themselves, as its docs propose, would put an hour twice in the same place when clocks are set back. Bars of
 * a day begin at midnight UTC and are named by that day.
 */
export function timeAxisOf(interval: () => Interval): IHorzScaleBehavior<Time> {
  const Axis = defaultHorzScaleBehavior();
  const axis = new Axis();
  axis.fillWeightsForPoints = (points: readonly Point[], from = 0) => {
    const seconds = points.map(({ originalTime }) => Number(originalTime));
    const zone = interval() === "1d" ? UTC : READERS_ZONE;
    weightsOf(seconds, from, zone).forEach((weight, i) => {
      const point = points[from + i];
      if (point !== undefined) point.timeWeight = weight as Point["timeWeight"];
    });
  };
  axis.formatTickmark = ({ originalTime, weight }) =>
    text(Number(originalTime), unitOf(weight), interval());
  return axis;
}

/** The moment under the crosshair. */
export function momentText(seconds: number, interval: Interval): string {
  return text(seconds, interval === "1d" ? "date" : "moment", interval);
}

const DATE = { day: "numeric", month: "short", year: "numeric" } as const;
const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;
const FORMATS = {
  date: DATE,
  moment: { ...DATE, ...CLOCK, second: "2-digit" },
  year: { year: "numeric" },
  month: { month: "short" },
  day: { day: "numeric", month: "short" },
  minute: CLOCK,
  second: { ...CLOCK, second: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
const formats = new Map<string, Intl.DateTimeFormat>();

function unitOf(weight: number): keyof typeof FORMATS {
  if (weight >= YEAR) return "year";
  if (weight >= MONTH) return "month";
  if (weight >= DAY) return "day";
  return weight >= MINUTE ? "minute" : "second";
}

function text(seconds: number, what: keyof typeof FORMATS, interval: Interval): string {
  const key = `${what} ${interval === "1d"}`;
  let format = formats.get(key);
  if (format === undefined) {
    const zone = interval === "1d" ? { timeZone: "UTC" } : {};
    format = new Intl.DateTimeFormat("en-GB", { ...FORMATS[what], ...zone });
    formats.set(key, format);
  }
  return format.format(seconds * 1_000);
}
