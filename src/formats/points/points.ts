import type { AddressedEvent } from "../../core/events/encode-events.ts";
import type { MetricEvent } from "../../protocol/events/event.ts";
import { MAX_NUMBER } from "../../protocol/words/number.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { Refused } from "./refused.ts";

export type Labels = Record<string, string>;

/** A series that has passed all rules of ours, and whose points may be added. */
export interface Series {
  symbol: SymbolName;
  metric: string;
  /** Absent where it has none. */
  labels: Labels | undefined;
  /** Of metric and labels as JSON, about. */
  chars: number;
}

/** What a request may bring. 0 is no limit. */
export interface PointLimits {
  events: number;
  /** Of all events as text: where labels are written once and meant often, a body says little of it. */
  chars: number;
}

/** More than the limits was met: thrown where it is, and caught where a format's decoding begins. */
export class TooManyPoints extends Error {
  override readonly name = "TooManyPoints";
}

/** Of an event's JSON without metric and labels, about. */
const EVENT_CHARS = 70;

/** What a request brings of a format that is taken in parts. */
export interface TakenInParts {
  readonly events: readonly AddressedEvent[];
  /** Takes out of `events` what a room has no place for, with whatever is taken with it or not at all, and remembers why. */
  leaveOut(isOut: (one: AddressedEvent) => boolean, reason: string): LeftOut;
}

/** The points of a request: what is good of it, and what was refused. */
export class Points implements TakenInParts {
  events: AddressedEvent[] = [];
  readonly refused = new Refused();
  /** Where events that are one point of the format begin and end: pairs of places in `events`. */
  groups: number[] = [];
  readonly #limits: PointLimits;
  #chars = 0;

  constructor(limits: PointLimits) {
    this.#limits = limits;
  }

  /** @throws TooManyPoints */
  add({ symbol, metric, labels, chars }: Series, ts: EpochUs, value: number): void {
    const event: MetricEvent = { kind: "metric", ts, metric, value };
    if (labels !== undefined) event.labels = labels;
    this.events.push({ symbol, event });
    this.#chars += chars + EVENT_CHARS;
    const { events: mostEvents, chars: mostChars } = this.#limits;
    if (isOver(this.events.length, mostEvents) || isOver(this.#chars, mostChars)) {
      throw new TooManyPoints();
    }
  }

  /** Takes out what a room has no place for, and a point of which there is a part with all its parts. Tells how many points that is. */
  leaveOut(isOut: (one: AddressedEvent) => boolean, reason: string): LeftOut {
    const left: AddressedEvent[] = [];
    const groups: number[] = [];
    const out: LeftOut = { single: 0, grouped: 0 };
    let at = 0;
    const go = (to: number) => {
      for (; at < to; at += 1) {
        const one = this.events[at] as AddressedEvent;
        if (!isOut(one)) left.push(one);
        else {
          out.single += 1;
          this.refused.add(reason, nameOf(one));
        }
      }
    };
    for (let pair = 0; pair < this.groups.length; pair += 2) {
      const [from, to] = [this.groups[pair] as number, this.groups[pair + 1] as number];
      go(from);
      const group = this.events.slice(from, to);
      at = to;
      if (group.some(isOut)) {
        out.grouped += 1;
        this.refused.add(reason, nameOf(group[0] as AddressedEvent));
      } else {
        groups.push(left.length, left.length + group.length);
        for (const one of group) left.push(one);
      }
    }
    go(this.events.length);
    this.events = left;
    this.groups = groups;
    return out;
  }
}

/** Points of a format: those that are one event, and those that are several. */
export interface LeftOut {
  single: number;
  grouped: number;
}

function nameOf({ event }: AddressedEvent): string {
  return event.kind === "metric" ? event.metric : event.kind;
}

function isOver(count: number, limit: number): boolean {
  return limit > 0 && count > limit;
}

/** Why a number cannot be kept; null where it can (SPEC I-3). */
export function valueFault(value: number): string | null {
  if (value >= -MAX_NUMBER && value <= MAX_NUMBER) return null;
  if (Number.isNaN(value)) return "is NaN, which cannot be stored";
  return `is beyond ${MAX_NUMBER}, which cannot be stored`;
}
