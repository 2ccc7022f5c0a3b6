import { canonicalLabels } from "../../../src/core/events/labels.ts";
import type { SeriesColumns } from "../../../src/protocol/answers/answers.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import { longestPause } from "./holes.ts";
import type { Span } from "./ranges.ts";
import type { TimeWindow } from "./time-window.ts";

/** One point of a line: the mean of what fell into its step, between what it ranged, and what it was at last. */
interface LinePoint {
  ts: number;
  mean: number;
  last: number;
  min: number;
  max: number;
  count: number;
}

/** One label set of a metric. Points are sorted by time, one a step. */
export interface Line {
  key: string;
  labels: Readonly<Record<string, string>>;
  points: readonly LinePoint[];
  /** Time of the newest point that came live, for a late one is the last of no step; absent before one has come. */
  heardUs?: number;
}

/** The newest lines are kept; a metric with more label sets than this is not readable in one panel. */
export const MAX_LINES = 12;

/** The labels of a line as `name=value`: first those that tell it from the others, then those that all have. */
export function labelsIn(
  lines: readonly Pick<Line, "labels">[],
  { labels }: Pick<Line, "labels">,
): string[] {
  const isShared = ([name, value]: [string, string]) =>
    lines.every((line) => line.labels[name] === value);
  const pairs = Object.entries(labels);
  return [...pairs.filter((pair) => !isShared(pair)), ...pairs.filter(isShared)].map(
    ([name, value]) => `${name}=${value}`,
  );
}

/** A line of a series answer. */
export function lineOf(columns: SeriesColumns): Line {
  const points: LinePoint[] = [];
  columns.ts.forEach((ts, i) => {
    const mean = columns.avg?.[i] ?? columns.last?.[i] ?? columns.first?.[i];
    if (mean === undefined) return;
    points.push({
      ts,
      mean,
      last: columns.last?.[i] ?? mean,
      min: columns.min?.[i] ?? mean,
      max: columns.max?.[i] ?? mean,
      count: columns.count?.[i] ?? 1,
    });
  });
  return { key: canonicalLabels(columns.labels), labels: columns.labels, points };
}

/**
 * The lines with live points, each in its step of its line, and without what is before `fromUs`, or has moved out of the window of
 * `rangeUs` before the newest one. A label set not seen before becomes a line while there is room.
 */
export function addPoints(
  lines: readonly Line[],
  events: readonly MetricEvent[],
  { stepUs, rangeUs, fromUs: first }: { stepUs: number } & Pick<Span, "rangeUs" | "fromUs">,
): readonly Line[] {
  const next = [...lines];
  for (const event of events) {
    const key = canonicalLabels(event.labels);
    const index = next.findIndex((line) => line.key === key);
    const line = next[index] ?? { key, labels: event.labels ?? {}, points: [] };
    if (index >= 0) next[index] = withPoint(line, event, stepUs);
    else if (next.length < MAX_LINES) next.push(withPoint(line, event, stepUs));
  }
  const fromUs = first ?? newestTs(next) - rangeUs;
  return next.map((line) => {
    const { points } = line;
    const isWhole = (points[0]?.ts ?? fromUs) >= fromUs;
    return isWhole ? line : { ...line, points: points.filter(({ ts }) => ts >= fromUs) };
  });
}

function withPoint(line: Line, event: MetricEvent, stepUs: number): Line {
  const ts = Math.floor(event.ts / stepUs) * stepUs;
  const points = [...line.points];
  let index = points.length;
  while (index > 0 && (points[index - 1]?.ts ?? 0) > ts) index--;
  const point = points[index - 1];
  const { value } = event;
  const heardUs = Math.max(event.ts, line.heardUs ?? 0);
  if (point?.ts === ts) {
    const count = point.count + 1;
    points[index - 1] = {
      ...{ ts, count, mean: point.mean + (value - point.mean) / count },
      last: event.ts === heardUs ? value : point.last,
      min: Math.min(point.min, value),
      max: Math.max(point.max, value),
    };
  } else {
    points.splice(index, 0, { ts, mean: value, last: value, min: value, max: value, count: 1 });
  }
  return { ...line, points, heardUs };
}

/** Time of the newest point of any line; 0 where there is none. */
export function newestTs(lines: readonly Line[]): number {
  return lines.reduce((newest, line) => Math.max(newest, line.points.at(-1)?.ts ?? 0), 0);
}

/** The newest point of a line that is in sight; without a window, of all. */
export function newestIn({ points }: Line, window: TimeWindow | null): LinePoint | undefined {
  if (window === null) return points.at(-1);
  const last = points.findLast(({ ts }) => ts <= window.toUs);
  return last !== undefined && last.ts >= window.fromUs ? last : undefined;
}

/**
 * Columns for uPlot: x in seconds, ascending, then one column a line. Null is a hole in the line, undefined another
 * line's moment, over which this line goes on.
 */
export type Columns = [x: number[], ...lines: (number | null | undefined)[][]];

/**
 * The lines over one common x, each broken where it has a hole. A line on its own is drawn with its range: columns mean,
 * max, min. Several are drawn by their means.
 */
export function columnsOf(lines: readonly Line[], stepUs: number): Columns {
  const holes = lines.map((line) => holesOf(line.points, stepUs));
  const x = [
    ...new Set([
      ...lines.flatMap((line) => line.points.map(({ ts }) => ts)),
      ...holes.flatMap((of) => of.map(({ from, to }) => Math.floor((from + to) / 2))),
    ]),
  ].sort((a, b) => a - b);
  const fields = lines.length === 1 ? (["mean", "max", "min"] as const) : (["mean"] as const);
  const columns = lines.flatMap((line, i) => {
    const at = new Map(line.points.map((point) => [point.ts, point]));
    const isMissing = insideOf(holes[i] ?? []);
    return fields.map((field) =>
      x.map((ts) => at.get(ts)?.[field] ?? (isMissing(ts) ? null : undefined)),
    );
  });
  return [x.map((ts) => ts / 1e6), ...columns];
}

interface Hole {
  from: number;
  to: number;
}

function holesOf(points: readonly LinePoint[], stepUs: number): Hole[] {
  const times = points.map(({ ts }) => ts);
  const pauseUs = longestPause(times, stepUs);
  return times.flatMap((to, i) => {
    const from = times[i - 1];
    return from !== undefined && to - from > pauseUs ? [{ from, to }] : [];
  });
}

function insideOf(holes: readonly Hole[]): (ts: number) => boolean {
  return (ts) => holes.some(({ from, to }) => ts > from && ts < to);
}

/** The values of all lines where the cursor is at `index`: null where a line has none there. */
export function valuesAt(columns: Columns, index: number, lineCount: number): (number | null)[] {
  return columns.slice(1, lineCount + 1).map((column) => {
    for (let i = index; i >= 0; i--) {
      const value = column[i];
      if (value !== undefined) return value;
    }
    return null;
  });
}

/** How far apart the least and the greatest value of all lines are; 0 where there is none. */
export function rangeOf(lines: readonly Line[]): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { points } of lines) {
    for (const { min, max } of points) {
      low = Math.min(low, min);
      high = Math.max(high, max);
    }
  }
  return high > low ? high - low : 0;
}
