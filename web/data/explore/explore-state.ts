import { AGGREGATES, type Aggregate } from "../../../src/protocol/words/aggregate.ts";
import { RANGES, type Range } from "../bars/ranges.ts";
import type { ListedSymbol } from "../symbols/symbol-list.ts";
import { tradedMost } from "../symbols/traded-most.ts";
import { typedSymbols } from "../symbols/typed-symbols.ts";
import { addressOf } from "../words/address.ts";

/** What lines are made of: a metric, or bars: closes, what they are above the first open in percent, and volumes. */
export const SOURCES = {
  metric: "Metric",
  price: "Price",
  change: "Change, %",
  volume: "Volume",
} as const;
export type Source = keyof typeof SOURCES;

/** What one panel asks. Texts stand as they were typed: the server says what is wrong with them. */
export interface PanelQuestion {
  symbols: readonly string[];
  of: Source;
  /** Of a metric alone, as labels and the aggregate. */
  metric: string;
  labels: string;
  agg: Aggregate;
}

/** The time that all panels look at: up to now, or a part of the past. Microseconds. */
export type Span = { kind: "last"; range: Range } | { kind: "fixed"; bounds: Bounds };

export interface Bounds {
  fromUs: number;
  toUs: number;
}

export interface ExploreState {
  /** Empty: the page chooses. */
  panels: readonly PanelQuestion[];
  span: Span;
  /** Each line has that of the same time yesterday beside it. */
  isCompared: boolean;
}

export const EMPTY_PANEL: PanelQuestion = {
  ...{ symbols: [], of: "metric", metric: "", labels: "", agg: "avg" },
};
/** An address is no way to have somebody's page ask without end. */
export const MAX_PANELS = 24;
const EXAMPLE_LINES = 4;
const USUAL_RANGE: Range = "1h";
/** Nothing is zoomed in further. */
const LEAST_SPAN_US = 100_000;

/**
 * What the address shows. A panel begins with each `symbols` and has what follows of `of`, `metric`, `labels` and `agg`, so that an address
 * can be read and written by hand. What is not understood counts as not said.
 */
export function exploreOf(search: string): ExploreState {
  const said = new URLSearchParams(search);
  const panels: PanelQuestion[] = [];
  for (const [name, text] of said) {
    const last = panels.length - 1;
    const panel = panels[last];
    if (name === "symbols" && panels.length === MAX_PANELS) break;
    if (name === "symbols") panels.push({ ...EMPTY_PANEL, symbols: typedSymbols(text) });
    if (panel === undefined) continue;
    if (name === "of" && Object.hasOwn(SOURCES, text))
      panels[last] = { ...panel, of: text as Source };
    if (name === "metric" || name === "labels") panels[last] = { ...panel, [name]: text };
    if (name === "agg" && isAggregate(text)) panels[last] = { ...panel, agg: text };
  }
  return {
    ...{ panels, span: spanOf(said), isCompared: said.get("compare") === "yesterday" },
  };
}

/** The address of a state. */
export function pathOfExplore({ panels, span, isCompared }: ExploreState): string {
  const search = new URLSearchParams();
  if (span.kind === "last") search.append("range", span.range);
  else {
    search.append("from", String(span.bounds.fromUs));
    search.append("to", String(span.bounds.toUs));
  }
  if (isCompared) search.append("compare", "yesterday");
  for (const { symbols, of: source, metric, labels, agg } of panels) {
    search.append("symbols", symbols.join(","));
    if (source !== EMPTY_PANEL.of) search.append("of", source);
    if (metric !== "") search.append("metric", metric);
    if (labels !== "") search.append("labels", labels);
    if (agg !== EMPTY_PANEL.agg) search.append("agg", agg);
  }
  return addressOf("/explore", search);
}

/** What is looked at where nobody has chosen: how what is traded most has moved. */
export function exampleOf(list: readonly ListedSymbol[]): PanelQuestion {
  const symbols = tradedMost(list, EXAMPLE_LINES);
  return symbols.length === 0 ? EMPTY_PANEL : { ...EMPTY_PANEL, symbols, of: "change" };
}

/** From when to when a span is, now. */
export function boundsOf(span: Span, nowMs: number): Bounds {
  if (span.kind === "fixed") return span.bounds;
  // Up to the point of this very moment, `to` being exclusive.
  const toUs = Math.round(nowMs * 1_000) + 1;
  return { fromUs: toUs - RANGES[span.range].rangeUs, toUs };
}

/** `factor` times as long around the same middle, but not beyond now. */
export function scaled({ fromUs, toUs }: Bounds, factor: number, nowUs: number): Span {
  const lengthUs = Math.max(LEAST_SPAN_US, (toUs - fromUs) * factor);
  const endUs = Math.min(nowUs, (fromUs + toUs) / 2 + lengthUs / 2);
  return fixed(endUs - lengthUs, endUs);
}

/** As long, a `share` of its length later (earlier where it is negative), but not beyond now. */
export function shifted({ fromUs, toUs }: Bounds, share: number, nowUs: number): Span {
  const lengthUs = toUs - fromUs;
  const endUs = Math.min(nowUs, toUs + lengthUs * share);
  return fixed(endUs - lengthUs, endUs);
}

/** The part of the past between two moments from 1970 on, in whole microseconds and not too short to see anything. */
export function fixed(fromUs: number, toUs: number): Span {
  const from = Math.max(0, Math.round(fromUs));
  return {
    kind: "fixed",
    bounds: { fromUs: from, toUs: Math.max(Math.round(toUs), from + LEAST_SPAN_US) },
  };
}

function spanOf(search: URLSearchParams): Span {
  const [from, to] = [search.get("from"), search.get("to")].map((text) =>
    text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN,
  ) as [number, number];
  if (from < to) return fixed(from, to);
  const range = search.get("range") ?? "";
  return { kind: "last", range: isRange(range) ? range : USUAL_RANGE };
}

function isRange(text: string): text is Range {
  return Object.hasOwn(RANGES, text);
}

function isAggregate(text: string): text is Aggregate {
  return (AGGREGATES as readonly string[]).includes(text);
}
