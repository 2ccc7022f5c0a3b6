import type { MetricEvent } from "../../src/protocol/event.ts";
import { separate } from "../../src/protocol/frame.ts";
import { arrived, type Frame, type Join, loading, take as takeJoined } from "../data/join.ts";
import { addPoint, type Line, lineOf, MAX_LINES, newestTs, trimLines } from "../data/lines.ts";
import { RANGES, type Range } from "../data/ranges.ts";
import type { FeedDeps } from "./bar-feed.ts";
import { DIRTY } from "./dirty.ts";

/** One metric of the symbol. `version` grows with every change, so that a panel repaints only its own. */
export interface Panel {
  metric: string;
  lines: Line[];
  version: number;
  state: "loading" | "ready";
}

/** More metrics than this on one symbol are not watched at a glance; the rest is for queries. */
const MAX_PANELS = 24;
const RETRY_MS = 2_000;
/** Steps asked for at most; the server's own limit is 10,000. */
const MAX_STEPS = 5_000;

/** The metrics of one symbol: the names the server knows, those seen live, and their lines. */
export function openPanelFeed(deps: FeedDeps, symbol: string, first: Range) {
  let range: Range = first;
  let generation = 0;
  let closed = false;
  const panels = new Map<string, Panel & { join: Join }>();

  return {
    panels: (): readonly Panel[] => [...panels.values()],
    range: () => range,
    /** Time of the newest point of any panel; 0 where there is none. They all end there, so that they line up. */
    endUs: () =>
      [...panels.values()].reduce((end, panel) => Math.max(end, newestTs(panel.lines)), 0),
    load,
    take,
    choose(next: Range) {
      if (next === range) return;
      range = next;
      void load();
    },
    close() {
      closed = true;
    },
  };

  /** Ask for the names and then for every line; also after a gap. */
  async function load(): Promise<void> {
    const mine = ++generation;
    const names = await deps.api.metricNames(symbol);
    if (closed || mine !== generation) return;
    if (names.kind !== "ok") {
      deps.failed(names);
      if (names.kind === "failed")
        deps.setTimer(() => mine === generation && void load(), RETRY_MS);
      return;
    }
    const { metrics } = names.value;
    const endUs = metrics.reduce((end, entry) => Math.max(end, entry.last_ts), 0);
    const fromUs = (endUs || deps.nowMs() * 1_000) - RANGES[range].rangeUs;
    const metricNames = new Set([...metrics.map((entry) => entry.metric).sort(), ...panels.keys()]);
    await Promise.all([...metricNames].map((metric) => loadPanel(metric, fromUs, mine)));
  }

  async function loadPanel(metric: string, fromUs: number, mine: number): Promise<void> {
    const panel = panels.get(metric) ?? add(metric);
    if (panel === null) return;
    const join = loading();
    panel.join = join;
    const { step, stepUs } = RANGES[range];
    // The server counts steps up to its own now and refuses too many, which a recording of years ago would be.
    const toUs = fromUs + MAX_STEPS * stepUs;
    const answer = await deps.api.series({
      metric,
      symbol,
      from: Math.floor(fromUs / stepUs) * stepUs,
      ...(toUs < deps.nowMs() * 1_000 ? { to: toUs } : {}),
      step,
      agg: "avg,min,max,count",
    });
    if (closed || mine !== generation || panel.join !== join) return;
    if (answer.kind !== "ok") {
      deps.failed(answer);
      if (answer.kind === "failed") {
        deps.setTimer(() => mine === generation && void loadPanel(metric, fromUs, mine), RETRY_MS);
      }
      return;
    }
    const joined = arrived(join, answer.value.cursor);
    if (joined === null) return loadPanel(metric, fromUs, mine);
    panel.join = joined.join;
    panel.lines = answer.value.series
      .map(lineOf)
      .sort((a, b) => newestTs([b]) - newestTs([a]))
      .slice(0, MAX_LINES)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    panel.state = "ready";
    for (const frame of joined.fresh) addAll(panel, frame);
    changed(panel);
  }

  function take(joined: Frame): void {
    for (const frame of separate(joined)) takeOne(frame);
  }

  function takeOne(frame: Frame): void {
    const byMetric = new Map<string, MetricEvent[]>();
    for (const event of frame.events) {
      if (event.kind !== "metric") continue;
      const events = byMetric.get(event.metric);
      if (events === undefined) byMetric.set(event.metric, [event]);
      else events.push(event);
    }
    for (const [metric, events] of byMetric) {
      if (!panels.has(metric)) discover(metric, events);
      const panel = panels.get(metric);
      if (panel === undefined) continue;
      for (const part of takeJoined(panel.join, { cursor: frame.cursor, events })) {
        addAll(panel, part);
        changed(panel);
      }
    }
  }

  /** A metric nobody has named so far: its line is asked for like the others, for it may have a past. */
  function discover(metric: string, events: readonly MetricEvent[]): void {
    const newest = events.reduce((latest, event) => Math.max(latest, event.ts), 0);
    void loadPanel(metric, newest - RANGES[range].rangeUs, generation);
  }

  function addAll(panel: Panel, frame: Frame): void {
    for (const event of frame.events) {
      if (event.kind === "metric") addPoint(panel.lines, event, RANGES[range].stepUs);
    }
    trimLines(panel.lines, RANGES[range].rangeUs);
  }

  function add(metric: string): (Panel & { join: Join }) | null {
    if (panels.size >= MAX_PANELS) return null;
    const panel = { metric, lines: [], version: 0, state: "loading" as const, join: loading() };
    panels.set(metric, panel);
    deps.mark(DIRTY.panels);
    return panel;
  }

  function changed(panel: Panel): void {
    panel.version += 1;
    deps.mark(DIRTY.panels);
  }
}
