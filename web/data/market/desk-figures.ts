import type { SeriesColumns } from "../../../src/protocol/answers/answers.ts";
import type { LiveSymbol } from "./live-market.ts";

/** A line of a card, oldest first. */
export interface Trend {
  /** Microseconds. */
  ts: number[];
  values: number[];
}

/**
 * The line of a figure that several series tell of, as accounts do: each with its last value before a moment, from where all of
 * them have one. `joined` makes one of their values.
 */
export function trendOf(
  series: readonly SeriesColumns[],
  column: "last" | "p99",
  joined: (values: readonly number[]) => number,
): Trend {
  const lines = series
    .map((columns) =>
      columns.ts.flatMap((ts, i) => {
        const value = columns[column]?.[i] ?? null;
        return value === null ? [] : [{ ts, value }];
      }),
    )
    .filter((line) => line.length > 0);
  const moments = [...new Set(lines.flatMap((line) => line.map(({ ts }) => ts)))];
  const trend: Trend = { ts: [], values: [] };
  for (const ts of moments.sort((a, b) => a - b)) {
    const values = lines.flatMap((line) => line.findLast((point) => point.ts <= ts)?.value ?? []);
    if (values.length < lines.length) continue;
    trend.ts.push(ts);
    trend.values.push(joined(values));
  }
  return trend;
}

export const sumOfAll = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0);
export const largestOfAll = (values: readonly number[]) => Math.max(...values);

export interface OpenPositions {
  long: number;
  short: number;
  /** All that ever had one. */
  symbols: string[];
}

/** Positions that are not closed, of all symbols and accounts; null where nobody has said. */
export function openPositions(symbols: ReadonlyMap<string, LiveSymbol>): OpenPositions | null {
  const open: OpenPositions = { long: 0, short: 0, symbols: [] };
  for (const [symbol, { positions }] of symbols) {
    if (positions.size > 0) open.symbols.push(symbol);
    for (const { quantity } of positions.values()) {
      if (quantity > 0) open.long += 1;
      if (quantity < 0) open.short += 1;
    }
  }
  return open.symbols.length === 0 ? null : open;
}
