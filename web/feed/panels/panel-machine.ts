import type { MetricNamesAnswer, SeriesAnswer } from "../../../src/protocol/answers/answers.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import { arrived, type Frame, LOADING, take } from "../../data/bars/join.ts";
import { addPoints, lineOf, MAX_LINES, newestTs } from "../../data/bars/lines.ts";
import type { Span } from "../../data/bars/ranges.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { type Machine, type Step, step } from "../machine.ts";
import {
  afterFailure,
  asked,
  isAnswered,
  isDue,
  NOTHING_ASKED,
  onAnswer,
  settled,
  wakeOf,
} from "../question.ts";
import type { LoadedPanel, PanelEffect, PanelMessage, PanelState } from "./panel-state.ts";

/** More metrics than this on one symbol are not watched at a glance; the rest is for queries. */
const MAX_PANELS = 24;
const RETRY_MS = 2_000;
/** Steps asked for at most; the server's own limit is 10,000. */
const MAX_STEPS = 5_000;
/** About so many points a line where nobody has chosen a step: half of them are in sight. */
const POINTS = 800;
const MOST_POINTS = 10_000;

type PanelStep = Step<PanelState, PanelEffect>;

const MARK = mark(DIRTY.panels);

/** The metrics of one symbol: the names the server knows, those seen live, and their lines. */
export const panelMachine: Machine<PanelState, PanelMessage, PanelEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "choose":
        return choose(state, message.span, nowMs);
      case "named":
        return onAnswer(state, message, nowMs + RETRY_MS, (settled, names) =>
          named(settled, names, nowMs),
        );
      case "drawn":
        return drawn(state, message, nowMs);
      case "frame":
        return takeFrame(state, message.frame, nowMs);
      case "tick":
        return tick(state, nowMs);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ question, panels }) =>
    Math.min(...[{ question }, ...panels.values()].map((each) => wakeOf(each.question))),
};

function load(state: PanelState): PanelStep {
  const question = asked(state.question);
  // Lines of another range, or of before a gap, are of no interest any more.
  const panels = new Map(
    [...state.panels].map(([metric, panel]) => [
      metric,
      { ...panel, question: settled(panel.question) },
    ]),
  );
  return step({ ...state, question, panels }, { type: "askNames", id: question.id });
}

/**
 * The names that are there already are not asked for again, but for the last of a range: it ends at what is newest now. Names
 * that are on their way ask for the lines of the span that is chosen by then.
 */
function choose(state: PanelState, span: Span, nowMs: number): PanelStep {
  if (span === state.span) return step(state);
  const next = { ...state, span };
  if (state.named === null || state.question.kind !== "none") return step(next);
  const isEndKnown = span.fromUs !== null || state.span === null;
  return isEndKnown ? named(next, state.named, nowMs) : load(next);
}

function named(before: PanelState, names: MetricNamesAnswer, nowMs: number): PanelStep {
  const { metrics } = names;
  const state = { ...before, named: names };
  const fromUs = state.span && beginOf(state.span, newestNamed(names) || nowMs * 1_000);
  const all = new Set([...metrics.map(({ metric }) => metric).sort(), ...state.panels.keys()]);
  return [...all].reduce(
    (done, metric) => followedBy(done, askLines(done.state, metric, fromUs, nowMs)),
    step(state) as PanelStep,
  );
}

/** Asks for the lines of a metric from then on; null: only knows of it, as no span is chosen. */
function askLines(
  state: PanelState,
  metric: string,
  fromUs: number | null,
  nowMs: number,
): PanelStep {
  const known = state.panels.get(metric);
  if (known === undefined && state.panels.size >= MAX_PANELS) return step(state);
  const none = { metric, lines: [], state: "loading", stepUs: 1e6 } as const;
  const before = known ?? { ...none, question: NOTHING_ASKED };
  if (fromUs === null || state.span === null) {
    return step(withPanel(state, { ...before, join: LOADING, fromUs: 0 }), MARK);
  }
  const question = asked(before.question);
  const query = { metric, agg: "avg,min,max,count,last", ...rangeOf(state.span, fromUs, nowMs) };
  const next = withPanel(state, { ...before, join: LOADING, question, fromUs });
  const effect = { type: "askSeries", id: question.id, query } as const;
  return known === undefined ? step(next, MARK, effect) : step(next, effect);
}

function drawn(
  state: PanelState,
  message: { metric: string; id: number; answer: Answer<SeriesAnswer> },
  nowMs: number,
): PanelStep {
  const { metric, id, answer } = message;
  const panel = state.panels.get(metric);
  if (panel === undefined || !isAnswered(panel.question, id)) return step(state);
  if (answer.kind !== "ok") {
    const question = afterFailure(panel.question, answer, nowMs + RETRY_MS);
    return step(withPanel(state, { ...panel, question }), { type: "failed", answer });
  }
  const joined = arrived(panel.join, answer.value.cursor);
  if (joined === null) return askLines(state, metric, panel.fromUs, nowMs);
  const lines = answer.value.series
    .map(lineOf)
    .sort((a, b) => newestTs([b]) - newestTs([a]))
    .slice(0, MAX_LINES)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const ready = { metric, fromUs: panel.fromUs, state: "ready", join: joined.join } as const;
  const stepUs = answer.value.step_us;
  const placed = { ...ready, question: settled(panel.question), lines, stepUs };
  return step(withPanel(state, withFrames(placed, joined.fresh, state.span)), MARK);
}

function takeFrame(before: PanelState, frame: Frame, nowMs: number): PanelStep {
  let done: PanelStep = step(before);
  for (const metric of new Set(pointsOf([frame]).map((point) => point.metric))) {
    if (!done.state.panels.has(metric)) {
      // A metric nobody has named so far: its line is asked for like the others, for it may have a past.
      const newest = Math.max(...pointsOf([frame], metric).map(({ ts }) => ts));
      const fromUs = before.span && beginOf(before.span, newest);
      done = followedBy(done, askLines(done.state, metric, fromUs, nowMs));
    }
    const panel = done.state.panels.get(metric);
    if (panel === undefined || before.span === null) continue;
    const { join, fresh } = take(panel.join, frame);
    const state = withPanel(done.state, withFrames({ ...panel, join }, fresh, before.span));
    done = followedBy(done, fresh.length > 0 ? step(state, MARK) : step(state));
  }
  return done;
}

/** Time of the newest point that the names tell of; 0 where there is none. */
export function newestNamed(names: MetricNamesAnswer | null): number {
  return (names?.metrics ?? []).reduce((end, { last_ts: lastUs }) => Math.max(end, lastUs ?? 0), 0);
}

function tick(before: PanelState, nowMs: number): PanelStep {
  if (isDue(before.question, nowMs)) return load(before);
  let done: PanelStep = step(before);
  for (const { metric, question, fromUs } of before.panels.values()) {
    if (isDue(question, nowMs))
      done = followedBy(done, askLines(done.state, metric, fromUs, nowMs));
  }
  return done;
}

function pointsOf(frames: readonly Frame[], metric?: string): MetricEvent[] {
  const events = frames.flatMap((frame) => frame.events);
  const points = events.filter((event) => event.kind === "metric");
  return metric === undefined ? points : points.filter((point) => point.metric === metric);
}

function withFrames(panel: LoadedPanel, frames: readonly Frame[], span: Span | null): LoadedPanel {
  if (frames.length === 0 || span === null) return panel;
  const { stepUs } = panel;
  const endUs = span.toUs ?? Number.POSITIVE_INFINITY;
  const points = pointsOf(frames, panel.metric).filter(({ ts }) => ts < endUs);
  return { ...panel, lines: addPoints(panel.lines, points, { ...span, stepUs }) };
}

/** Where the points of a span begin, if the newest is at `newestUs`. */
function beginOf({ fromUs, rangeUs }: Span, newestUs: number): number {
  return fromUs ?? newestUs - rangeUs;
}

/** The points from `fromUs` on, as the server is asked for them. */
function rangeOf(span: Span, fromUs: number, nowMs: number) {
  const nowUs = nowMs * 1_000;
  const { stepUs, rangeUs, toUs } = span;
  if (stepUs === null) {
    // The server spreads them up to its own now, which may be long after what is looked at.
    const to = toUs ?? nowUs;
    const spreadUs = Math.min(to, nowUs) - fromUs;
    const points = Math.ceil((POINTS * spreadUs) / rangeUs);
    return {
      from: fromUs,
      points: Math.min(MOST_POINTS, Math.max(POINTS, points)),
      ...(to < nowUs && { to }),
    };
  }
  // The server counts steps up to its own now and refuses too many, which a recording of years ago would be.
  const to = fromUs + MAX_STEPS * stepUs;
  const from = Math.floor(fromUs / stepUs) * stepUs;
  return { from, step: `${stepUs / 1e6}s`, ...(to < nowUs && { to }) };
}

function withPanel(state: PanelState, panel: LoadedPanel): PanelState {
  return { ...state, panels: new Map(state.panels).set(panel.metric, panel) };
}

function followedBy(before: PanelStep, next: PanelStep): PanelStep {
  return step(next.state, ...before.effects, ...next.effects);
}
