import type { TracedEvent } from "../../../src/protocol/answers/trace.ts";
import { undirected } from "../../../src/protocol/words/undirected.ts";
import { formatPrice, formatValue } from "../words/format.ts";

/** One event of a trace, as the page tells it. */
export interface TraceStep {
  event: TracedEvent;
  /** From the first of them, in microseconds. */
  sinceUs: number;
  /** From the one before it, in microseconds. */
  afterUs: number;
  words: string;
  tone: "plain" | "good" | "bad" | "warn";
}

/** How long an order took from one status to the next. */
export interface TraceLeg {
  order: string;
  from: string;
  to: string;
  us: number;
}

export interface TraceStory {
  steps: readonly TraceStep[];
  legs: readonly TraceLeg[];
  spanUs: number;
  symbols: readonly string[];
  services: readonly string[];
}

/** What happened under one id, of events in time. */
export function storyOf(events: readonly TracedEvent[]): TraceStory {
  const firstUs = events[0]?.ts ?? 0;
  const steps = events.map((event, at): TraceStep => {
    const before = events[at - 1]?.ts ?? event.ts;
    return {
      event,
      sinceUs: event.ts - firstUs,
      afterUs: event.ts - before,
      ...told(event),
    };
  });
  return {
    steps,
    legs: legsOf(events),
    spanUs: (events.at(-1)?.ts ?? firstUs) - firstUs,
    symbols: distinct(events.map(({ symbol }) => symbol)),
    services: distinct(events.map((event) => text(event, "service"))),
  };
}

/** From status to status of each order; a status that is told again is the same leg still. */
function legsOf(events: readonly TracedEvent[]): TraceLeg[] {
  const legs: TraceLeg[] = [];
  const last = new Map<string, { status: string; ts: number }>();
  for (const event of events) {
    const order = text(event, "id");
    const status = text(event, "status");
    if (event.kind !== "order" || order === null || status === null) continue;
    const key = `${event.symbol} ${order}`;
    const before = last.get(key);
    if (before?.status === status) continue;
    if (before !== undefined) {
      legs.push({ order, from: before.status, to: status, us: event.ts - before.ts });
    }
    last.set(key, { status, ts: event.ts });
  }
  return legs;
}

const BAD = ["rejected", "expired", "error", "fatal", "critical", "firing"];
const WARN = ["canceled", "warn", "warning", "pending", "partially_filled"];
const GOOD = ["filled", "acknowledged"];

function told(event: TracedEvent): Pick<TraceStep, "words" | "tone"> {
  switch (event.kind) {
    case "order": {
      const status = text(event, "status") ?? "";
      const what = [text(event, "side"), number(event, "quantity")].filter(isSaid).join(" ");
      const price = number(event, "price");
      const filled = number(event, "filled");
      const paid = number(event, "avg_price");
      const words = [
        `${status.replace("_", " ")}: ${text(event, "id")}`,
        what,
        price !== null && `limit ${formatPrice(price)}`,
        filled !== null && `${filled} filled${paid === null ? "" : ` at ${formatPrice(paid)}`}`,
        text(event, "venue"),
      ];
      return { words: words.filter(isSaid).join(", "), tone: toneOf(status) };
    }
    case "trade": {
      const words = `${text(event, "side") ?? "trade"} ${number(event, "size")} at ${formatPrice(number(event, "price") ?? 0)}`;
      return { words, tone: "plain" };
    }
    case "metric":
      return {
        words: `${text(event, "metric")} = ${formatValue(number(event, "value") ?? 0)}`,
        tone: "plain",
      };
    case "note":
      return { words: text(event, "text") ?? "", tone: toneOf(text(event, "level")) };
    case "alert":
      return {
        words: `${text(event, "rule")} is ${text(event, "state")}`,
        tone: toneOf(text(event, "state")),
      };
    default: {
      // Lines of logs: those that were pushed, and those of Edgetape itself.
      const level = text(event, "level") ?? text(event, "severity");
      const from = text(event, "service") ?? text(event, "component");
      const words = [from, text(event, "event")].filter(isSaid).join(": ");
      return { words: words === "" ? event.kind : words, tone: toneOf(level) };
    }
  }
}

function toneOf(word: string | null): TraceStep["tone"] {
  const said = word?.toLowerCase() ?? "";
  if (BAD.includes(said)) return "bad";
  if (WARN.includes(said)) return "warn";
  return GOOD.includes(said) ? "good" : "plain";
}

function text(event: TracedEvent, field: string): string | null {
  const value = event[field];
  return typeof value === "string" && value !== "" ? undirected(value) : null;
}

function number(event: TracedEvent, field: string): number | null {
  const value = event[field];
  return typeof value === "number" ? value : null;
}

function isSaid<T>(value: T | null | undefined | false | ""): value is T {
  return value !== null && value !== undefined && value !== false && value !== "";
}

function distinct(values: readonly (string | null | undefined)[]): string[] {
  return [...new Set(values.filter(isSaid))];
}
