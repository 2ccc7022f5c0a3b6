import type { SymbolBatch } from "../../core/events/encode-events.ts";
import { PointColumns } from "../../core/events/point-columns.ts";
import type { Series } from "../../core/events/series.ts";
import { MAX_NUMBER } from "../../protocol/words/number.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { Refused } from "./refused.ts";

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

/** Of a point's JSON without metric and labels, about. */
const POINT_CHARS = 70;

/** What a request brings of a format that is taken in parts. */
export interface TakenInParts {
  /** How many points. */
  readonly count: number;
  /** By symbol, as frames. */
  encode(pause: () => Promise<void>): Promise<SymbolBatch[]>;
  /** Takes out what a room has no place for, with whatever is taken with it or not at all, and remembers why. */
  leaveOut(isOut: (series: Series) => boolean, reason: string): LeftOut;
}

/** The points of a request: what is good of it, and what was refused. */
export class Points implements TakenInParts {
  columns = new PointColumns();
  readonly refused = new Refused();
  /** Where points that are one point of the format begin and end: pairs of places. */
  #groups: number[] = [];
  readonly #limits: PointLimits;
  #chars = 0;

  constructor(limits: PointLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.columns.count;
  }

  encode(pause: () => Promise<void>): Promise<SymbolBatch[]> {
    return this.columns.encode(pause);
  }

  /** @throws TooManyPoints */
  add(series: Series, ts: EpochUs, value: number): void {
    this.columns.add(series, ts, value);
    this.#chars += series.chars + POINT_CHARS;
    const { events: mostEvents, chars: mostChars } = this.#limits;
    if (isOver(this.count, mostEvents) || isOver(this.#chars, mostChars)) {
      throw new TooManyPoints();
    }
  }

  /** Adds what is one point of the format, or none. @throws TooManyPoints */
  addGroup(parts: readonly (readonly [Series, number])[], ts: EpochUs): void {
    this.#groups.push(this.count, this.count + parts.length);
    for (const [series, value] of parts) this.add(series, ts, value);
  }

  /** Takes out what a room has no place for, and a point of which there is a part with all its parts. Tells how many points that is. */
  leaveOut(isOut: (series: Series) => boolean, reason: string): LeftOut {
    const all = this.columns;
    const left = new PointColumns();
    const groups: number[] = [];
    const out: LeftOut = { single: 0, grouped: 0 };
    let at = 0;
    const go = (to: number) => {
      for (; at < to; at += 1) {
        const series = all.seriesAt(at);
        if (!isOut(series)) left.addOf(all, at);
        else {
          out.single += 1;
          this.refused.add(reason, series.metric);
        }
      }
    };
    for (let pair = 0; pair < this.#groups.length; pair += 2) {
      const [from, to] = [this.#groups[pair] as number, this.#groups[pair + 1] as number];
      go(from);
      let hasOut = false;
      for (let one = from; one < to; one += 1) hasOut ||= isOut(all.seriesAt(one));
      if (hasOut) {
        out.grouped += 1;
        this.refused.add(reason, all.seriesAt(from).metric);
      } else {
        groups.push(left.count, left.count + to - from);
        for (let one = from; one < to; one += 1) left.addOf(all, one);
      }
      at = to;
    }
    go(all.count);
    this.columns = left;
    this.#groups = groups;
    return out;
  }
}

/** Points of a format: those that are one point here, and those that are several. */
export interface LeftOut {
  single: number;
  grouped: number;
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
