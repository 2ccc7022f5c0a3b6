import type { HistoryAnswer, SeriesAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Aggregate } from "../../../src/protocol/words/aggregate.ts";
import { type Line, labelsIn, lineOf, MAX_LINES } from "../bars/lines.ts";
import { type Bounds, type PanelQuestion, SOURCES, type Source } from "./explore-state.ts";

/** A line of a panel, which may have those of several symbols. */
export interface PanelLine extends Line {
  symbol: string;
}

/** What a panel draws. */
export interface PanelAnswer {
  question: PanelQuestion;
  bounds: Bounds;
  stepUs: number;
  lines: readonly PanelLine[];
  /** The same lines a day before, at the times of now; empty where nobody compares. */
  compared: readonly PanelLine[];
  /** How many lines there are, those that have no room among them. */
  lineCount: number;
  /** Symbols that have no such metric, or that nobody has pushed. */
  missing: readonly Missing[];
  /** Symbols beyond those that have room. */
  unasked: readonly string[];
}

export interface Missing {
  symbol: string;
  what: "symbol" | "metric";
}

export const DAY_US = 86_400e6;

/** What the API is asked for: of means their range too, which a line on its own is drawn with. */
export function askedAggregates(agg: Aggregate): string {
  return agg === "avg" ? "avg,min,max" : agg;
}

/** The lines of an answer, whose points are what `agg` made of each step, `laterUs` later than they were. */
export function linesOf(answer: SeriesAnswer, agg: Aggregate, laterUs: number): PanelLine[] {
  return answer.series.map((columns) => {
    // A rate, or a percentile of old data, may be unknown for a step: `lineOf` leaves such a step out.
    const asMean = { ...columns, avg: (columns[agg] ?? []) as number[] };
    const { key, labels, points } = lineOf(asMean);
    return {
      ...{ key: `${columns.symbol} ${key}`, symbol: columns.symbol, labels },
      points: laterUs === 0 ? points : points.map((one) => ({ ...one, ts: one.ts + laterUs })),
    };
  });
}

/** The line of a symbol's bars, `laterUs` later than they were. */
export function barLine(
  { symbol, bars }: HistoryAnswer,
  of: Exclude<Source, "metric">,
  laterUs: number,
): PanelLine {
  const base = bars[0]?.open ?? 0;
  const drawn = (price: number) => (of === "price" ? price : (price / base - 1) * 100);
  const points = bars.map(({ ts, low, high, close, volume }) => {
    const [min, mean, max] =
      of === "volume" ? [volume, volume, volume] : [drawn(low), drawn(close), drawn(high)];
    return { ts: ts + laterUs, mean, last: mean, min, max, count: 1 };
  });
  // Of a price of zero or below there is no percent.
  return { key: symbol, symbol, labels: {}, points: of === "change" && base <= 0 ? [] : points };
}

/** The lines of both days in one order, with as many as fit a panel: one that a day lacks has no points there. */
export function besideEachOther(
  now: readonly PanelLine[],
  before: readonly PanelLine[],
): Pick<PanelAnswer, "lines" | "compared" | "lineCount"> {
  const all = [...new Map([...before, ...now].map((line) => [line.key, line])).values()];
  // As the answer has them: those of today first.
  const isOfNow = new Set(now.map(({ key }) => key));
  const shown = [...now, ...all.filter(({ key }) => !isOfNow.has(key))].slice(0, MAX_LINES);
  const inOrder = (lines: readonly PanelLine[]) =>
    shown.map((one) => lines.find(({ key }) => key === one.key) ?? { ...one, points: [] });
  return {
    ...{ lines: inOrder(now), lineCount: all.length },
    compared: before.length === 0 ? [] : inOrder(before),
  };
}

/** What a panel asks, in a line. */
export function titleOf({ symbols, of, metric, labels, agg }: PanelQuestion): string {
  const what = of === "metric" ? [metric, labels, agg] : [SOURCES[of]];
  return [symbols.join(", "), ...what].filter((word) => word !== "").join(" · ");
}

/** What tells a line from the others of its panel. */
export function nameOf(
  line: PanelLine,
  { lines, symbolCount }: { lines: readonly PanelLine[]; symbolCount: number },
): string {
  const { symbol } = line;
  const texts = labelsIn(lines, line);
  return (symbolCount > 1 || texts.length === 0 ? [symbol, ...texts] : texts).join(" ");
}

export function hasPoints(lines: readonly PanelLine[]): boolean {
  return lines.some(({ points }) => points.length > 0);
}
