import type { Figure, FigureReason } from "../../protocol/answers/analytics.ts";

/** The number as a figure; JSON has no word for one beyond the doubles. */
export function figureOf(value: number): Figure {
  return Number.isFinite(value) ? { value } : noFigure("overflow");
}

export function noFigure(reason: FigureReason): Figure {
  return { value: null, reason };
}
