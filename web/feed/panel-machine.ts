import type { MetricNamesAnswer, SeriesAnswer } from "../../src/protocol/answers.ts";
import type { MetricEvent } from "../../src/protocol/event.ts";
import { separate } from "../../src/protocol/frame.ts";
import { arrived, type Frame, LOADING, take } from "../data/join.ts";
import { addPoints, lineOf, MAX_LINES, newestTs } from "../data/lines.ts";
import { RANGES, type Range } from "../data/ranges.ts";
import type { Answer } from "./api.ts";
import { DIRTY } from "./dirty.ts";
import type { Machine, Step } from "./machine.ts";
import type { LoadedPanel, PanelEffect, PanelMessage, PanelState } from "./panel-state.ts";
import {
  afterFailure,
  asked,
  isAnswered,
  isDue,
  NOTHING_ASKED,
  settled,
  wakeOf,
} from "./question.ts";

/** More metrics than this on one symbol are not watched at a glance; the rest is for queries. */
const MAX_PANELS = 24;
const RETRY_MS = 2_000;
/** Steps asked for at most; the server's own limit is 10,000. */
const MAX_STEPS = 5_000;

type PanelStep = Step<PanelState, PanelEffect>;

const MARK = { type: "mark", dirty: DIRTY.panels } as const;

/** The metrics of one symbol: the names the server knows, those seen live, and their lines. */
export const panelMachine: Machine<PanelState, PanelMessage, PanelEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "choose":
        if (message.range === state.range) return { state, effects: [] };
        return load({ ...state, range: message.range });
      case "named":
        return named(state, message, nowMs);
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
  wakeMs: ({ names, panels }) =>
    Math.min(wakeOf(names), ...[...panels.values()].map(({ question }) => wakeOf(question))),
};

function load(state: PanelState): PanelStep {
  const names = asked(state.names);
  // Lines of another range, or of before a gap, are of no interest any more.
  const panels = new Map(
    [...state.panels].map(([metric, panel]) => [
      metric,
      { ...panel, question: settled(panel.question) },
    ]),
  );
  return { state: { ...state, names, panels }, effects: [{ type: "askNames", id: names.id }] };
}

function named(
  state: PanelState,
  { id, answer }: { id: number; answer: Answer<MetricNamesAnswer> },
  nowMs: number,
): PanelStep {
  if (!isAnswered(state.names, id)) return { state, effects: [] };
  if (answer.kind !== "ok") {
    const names = afterFailure(state.names, answer, nowMs + RETRY_MS);
    return { state: { ...state, names }, effects: [{ type: "failed", answer }] };
  }
  const { metrics } = answer.value;
  const endUs = metrics.reduce((end, { last_ts: lastUs }) => Math.max(end, lastUs ?? 0), 0);
  const fromUs = (endUs || nowMs * 1_000) - RANGES[state.range].rangeUs;
  const all = new Set([...metrics.map(({ metric }) => metric).sort(), ...state.panels.keys()]);
  return [...all].reduce(
    (step, metric) => followedBy(step, askLines(step.state, metric, fromUs, nowMs)),
    {
      state: { ...state, names: settled(state.names) },
      effects: [],
    } as PanelStep,
  );
}

function askLines(state: PanelState, metric: string, fromUs: number, nowMs: number): PanelStep {
  const known = state.panels.get(metric);
  if (known === undefined && state.panels.size >= MAX_PANELS) return { state, effects: [] };
  const before = known ?? { metric, lines: [], state: "loading", question: NOTHING_ASKED };
  const question = asked(before.question);
  const { step, stepUs } = RANGES[state.range];
  // The server counts steps up to its own now and refuses too many, which a recording of years ago would be.
  const toUs = fromUs + MAX_STEPS * stepUs;
  const query = {
    ...{ metric, from: Math.floor(fromUs / stepUs) * stepUs, step, agg: "avg,min,max,count" },
    ...(toUs < nowMs * 1_000 && { to: toUs }),
  };
  const next = withPanel(state, { ...before, join: LOADING, question, fromUs });
  const effect = { type: "askSeries", metric, id: question.id, query } as const;
  return { state: next, effects: known === undefined ? [MARK, effect] : [effect] };
}

function drawn(
  state: PanelState,
  message: { metric: string; id: number; answer: Answer<SeriesAnswer> },
  nowMs: number,
): PanelStep {
  const { metric, id, answer } = message;
  const panel = state.panels.get(metric);
  if (panel === undefined || !isAnswered(panel.question, id)) return { state, effects: [] };
  if (answer.kind !== "ok") {
    const question = afterFailure(panel.question, answer, nowMs + RETRY_MS);
    return {
      state: withPanel(state, { ...panel, question }),
      effects: [{ type: "failed", answer }],
    };
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
  return {
    state: withPanel(state, withFrames(placed, joined.fresh, state.range)),
    effects: [MARK],
  };
}

function takeFrame(before: PanelState, joined: Frame, nowMs: number): PanelStep {
  let step: PanelStep = { state: before, effects: [] };
  for (const { cursor, events } of separate(joined)) {
    const points = events.filter((event) => event.kind === "metric");
    for (const [metric, mine] of groupsOf(points)) {
      if (!step.state.panels.has(metric)) {
        // A metric nobody has named so far: its line is asked for like the others, for it may have a past.
        const newest = mine.reduce((latest, { ts }) => Math.max(latest, ts), 0);
        const fromUs = newest - RANGES[before.range].rangeUs;
        step = followedBy(step, askLines(step.state, metric, fromUs, nowMs));
      }
      const panel = step.state.panels.get(metric);
      if (panel === undefined) continue;
      const { join, fresh } = take(panel.join, { cursor, events: mine });
      const state = withPanel(step.state, withFrames({ ...panel, join }, fresh, before.range));
      step = followedBy(step, { state, effects: fresh.length > 0 ? [MARK] : [] });
    }
  }
  return step;
}

function tick(before: PanelState, nowMs: number): PanelStep {
  if (isDue(before.names, nowMs)) return load(before);
  let step: PanelStep = { state: before, effects: [] };
  for (const { metric, question, fromUs } of before.panels.values()) {
    if (isDue(question, nowMs))
      step = followedBy(step, askLines(step.state, metric, fromUs, nowMs));
  }
  return step;
}

function groupsOf(points: readonly MetricEvent[]): Map<string, MetricEvent[]> {
  const groups = new Map<string, MetricEvent[]>();
  for (const point of points) {
    const group = groups.get(point.metric);
    if (group === undefined) groups.set(point.metric, [point]);
    else group.push(point);
  }
  return groups;
}

function withFrames(panel: LoadedPanel, frames: readonly Frame[], range: Range): LoadedPanel {
  if (frames.length === 0) return panel;
  const points = frames.flatMap(({ events }) => events.filter((event) => event.kind === "metric"));
  return { ...panel, lines: addPoints(panel.lines, points, RANGES[range]) };
}

function withPanel(state: PanelState, panel: LoadedPanel): PanelState {
  return { ...state, panels: new Map(state.panels).set(panel.metric, panel) };
}

function followedBy(before: PanelStep, next: PanelStep): PanelStep {
  return { state: next.state, effects: [...before.effects, ...next.effects] };
}
