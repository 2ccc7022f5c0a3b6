import type { MetricNamesAnswer, SeriesAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Frame, Join } from "../../data/bars/join.ts";
import type { Line } from "../../data/bars/lines.ts";
import type { Span } from "../../data/bars/ranges.ts";
import type { Answer, SeriesQuery } from "../api.ts";
import type { FeedEffect } from "../feed-deps.ts";
import { NOTHING_ASKED, type Question } from "../question.ts";

/** One metric of the symbol. Its lines are others as soon as they change. */
export interface Panel {
  metric: string;
  lines: readonly Line[];
  state: "loading" | "ready";
  /** How far apart its points are. */
  stepUs: number;
}

export interface LoadedPanel extends Panel {
  join: Join;
  question: Question;
  /** From when its lines are asked for, in microseconds. */
  fromUs: number;
}

export interface PanelState {
  /** Null until somebody has chosen one: what there is is known by name alone. */
  span: Span | null;
  /** The names that came last; null before there are any. */
  named: MetricNamesAnswer | null;
  panels: ReadonlyMap<string, LoadedPanel>;
  /** What metrics there are. */
  question: Question;
}

export type PanelMessage =
  /** Ask for the names and then for every line; also after a gap. */
  | { type: "load" }
  | { type: "choose"; span: Span }
  | { type: "named"; id: number; answer: Answer<MetricNamesAnswer> }
  | { type: "drawn"; metric: string; id: number; answer: Answer<SeriesAnswer> }
  | { type: "frame"; frame: Frame };

export type PanelEffect =
  | FeedEffect
  | { type: "askNames"; id: number }
  | { type: "askSeries"; id: number; query: Omit<SeriesQuery, "symbol"> };

export function initialPanels(span: Span | null): PanelState {
  return { span, named: null, panels: new Map(), question: NOTHING_ASKED };
}
