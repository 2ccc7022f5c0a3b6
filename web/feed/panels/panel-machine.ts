import type { MetricNamesAnswer, SeriesAnswer } from "../../../src/protocol/answers/answers.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import { arrived, type Frame, LOADING, take } from "../../data/bars/join.ts";
import { addPoints, lineOf, MAX_LINES, newestTs } from "../../data/bars/lines.ts";
import { RANGES, type Range } from "../../data/bars/ranges.ts";
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

type PanelStep = Step<PanelState, PanelEffect>;

const MARK = mark(DIRTY.panels);

/** The metrics of one symbol: the names the server knows, those seen live, and their lines. */
export const panelMachine: Machine<PanelState, PanelMessage, PanelEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "choose":
        if (message.range === state.range) return step(state);
        return load({ ...state, range: message.range });
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

function named(state: PanelState, { metrics }: MetricNamesAnswer, nowMs: number): PanelStep {
  const endUs = metrics.reduce((end, { last_ts: lastUs }) => Math.max(end, lastUs ?? 0), 0);
  const fromUs = (endUs || nowMs * 1_000) - RANGES[state.range].rangeUs;
  const all = new Set([...metrics.map(({ metric }) => metric).sort(), ...state.panels.keys()]);
  return [...all].reduce(
    (done, metric) => followedBy(done, askLines(done.state, metric, fromUs, nowMs)),
    step(state) as PanelStep,
  );
}

function askLines(state: PanelState, metric: string, fromUs: number, nowMs: number): PanelStep {
  const known = state.panels.get(metric);
  if (known === undefined && state.panels.size >= MAX_PANELS) return step(state);
  const before = known ?? { metric, lines: [], state: "loading", question: NOTHING_ASKED };
  const question = asked(before.question);
  const { step: stepName, stepUs } = RANGES[state.range];
  // The server counts steps up to its own now and refuses too many, which a recording of years ago would be.
  const toUs = fromUs + MAX_STEPS * stepUs;
  const query = {
    ...{
      metric,
      from: Math.floor(fromUs / stepUs) * stepUs,
      step: stepName,
      agg: "avg,min,max,count",
    },
    ...(toUs < nowMs * 1_000 && { to: toUs }),
  };
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
  const placed = { ...ready, question: settled(panel.question), lines };
  return step(withPanel(state, withFrames(placed, joined.fresh, state.range)), MARK);
}

function takeFrame(before: PanelState, frame: Frame, nowMs: number): PanelStep {
  let done: PanelStep = step(before);
  for (const metric of new Set(pointsOf([frame]).map((point) => point.metric))) {
    if (!done.state.panels.has(metric)) {
      // A metric nobody has named so far: its line is asked for like the others, for it may have a past.
      const newest = Math.max(...pointsOf([frame], metric).map(({ ts }) => ts));
      const fromUs = newest - RANGES[before.range].rangeUs;
      done = followedBy(done, askLines(done.state, metric, fromUs, nowMs));
    }
    const panel = done.state.panels.get(metric);
    if (panel === undefined) continue;
    const { join, fresh } = take(panel.join, frame);
    const state = withPanel(done.state, withFrames({ ...panel, join }, fresh, before.range));
    done = followedBy(done, fresh.length > 0 ? step(state, MARK) : step(state));
  }
  return done;
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

function withFrames(panel: LoadedPanel, frames: readonly Frame[], range: Range): LoadedPanel {
  if (frames.length === 0) return panel;
  const points = pointsOf(frames, panel.metric);
  return { ...panel, lines: addPoints(panel.lines, points, RANGES[range]) };
}

function withPanel(state: PanelState, panel: LoadedPanel): PanelState {
  return { ...state, panels: new Map(state.panels).set(panel.metric, panel) };
}

function followedBy(before: PanelStep, next: PanelStep): PanelStep {
  return step(next.state, ...before.effects, ...next.effects);
}
