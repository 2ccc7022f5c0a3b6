import { type Spread, spreadOf } from "./statistics.ts";

/** One measured figure: a row of the report. */
export type Figure = {
  scenario: number;
  what: string;
  unit: string;
  spread: Spread;
  /** What the issue asks for; absent for figures that only explain. */
  goal?: { atLeast: number } | { atMost: number };
  values: number[];
};

export type Measure = (
  what: string,
  unit: string,
  values: readonly number[],
  goal?: Figure["goal"],
) => void;

export function figureOf(
  scenario: number,
  what: string,
  unit: string,
  values: readonly number[],
  goal?: Figure["goal"],
): Figure {
  return {
    scenario,
    what,
    unit,
    spread: spreadOf(values),
    values: [...values],
    ...(goal === undefined ? {} : { goal }),
  };
}

/** By the median. */
export function isMet(figure: Figure): boolean | undefined {
  if (figure.goal === undefined) return undefined;
  return "atLeast" in figure.goal
    ? figure.spread.median >= figure.goal.atLeast
    : figure.spread.median <= figure.goal.atMost;
}

/** A figure in one line. */
export function saidOf(figure: Figure): string {
  const { median, lowest, highest } = figure.spread;
  const verdict = { true: " met", false: " MISSED", undefined: "" }[String(isMet(figure))] ?? "";
  return `${figure.what}: ${median.toFixed(2)} ${figure.unit} (${lowest.toFixed(2)} to ${highest.toFixed(2)})${verdict}`;
}
