import type { HistoryAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import type { BarMessage, Gap } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { ChartBar, Seen } from "../../data/bars/bars.ts";
import type { Frame, Join } from "../../data/bars/join.ts";
import type { TimedBar } from "../../data/symbols/last-price.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { type FeedEffect, mark } from "../feed-deps.ts";
import { type Step, step } from "../machine.ts";

/** Bars asked for first. */
export const PAGE_BARS = 500;
/** Bars asked for at once, which is the most that the server gives (SPEC R-3). */
export const MOST_PAGE_BARS = 10_000;
/** Bars kept: of a minute four months. Past that the oldest are dropped while the page lives on. */
export const MAX_BARS = 200_000;

export interface HistoryQuery {
  interval: Interval;
  limit: number;
  /** In microseconds, exclusive; absent: the newest. */
  to?: number;
}

/** What the newest bars are looked for by, one question after the other. */
export type Look =
  /** Of the interval that is wanted, or of minutes where nobody has chosen one. */
  | { step: "page"; interval: Interval }
  /** Of the interval that suits those minutes. */
  | { step: "suited"; interval: Interval }
  /** There are none: of longer ones, `limit` of them. `none` is the empty answer. */
  | { step: "longer"; interval: Interval; limit: number; none: HistoryAnswer };

/**
 * A reload under way, and what was known when it began. Its answer holds all of that, and the trades since are gone
 * over once more; what is shown has them already and may be ahead of the answer.
 */
export interface Reload {
  id: number;
  look: Look;
  join: Join;
  seen: Seen | null;
  bars: readonly ChartBar[];
}

/** Bars before those shown. */
export type Older =
  /** Not asked for before `fromMs`. */
  | { kind: "idle"; fromMs: number }
  /**
   * `again`: those before a moment once more, when the page had these; null: those before the first one. `missedFromUs`: the answer may
   * lack something of that moment or later, for it may have been made before that came.
   */
  | { kind: "asked"; id: number; again: Again | null; missedFromUs: number | null }
  /** There are none, or nobody may have them. */
  | { kind: "exhausted" };

/** Bars that may be others by now, and are asked for once more, the newest first: those that begin before a moment, but none before another. */
export interface Doubt {
  fromUs: number;
  /** Infinite until the newest ones have been asked for. */
  beforeUs: number;
}

export interface Again {
  beforeUs: number;
  had: readonly ChartBar[];
}

export const IDLE = { kind: "idle", fromMs: 0 } as const satisfies Older;

/** The newest bar of a minute as of the first answer, which says better than a long bar when there was a trade. */
export type Minute =
  | { kind: "unknown" }
  | { kind: "asked"; id: number }
  | { kind: "known"; bar: Bar | null };

export interface BarState {
  interval: Interval;
  /** Null until somebody has chosen one, or the bars have. */
  wanted: Interval | null;
  bars: readonly ChartBar[];
  /** Index of the first bar that was changed since the last paint. */
  changedFrom: number;
  /** What of the trades the page has seen; null before the first answer. */
  seen: Seen | null;
  shown: Join | null;
  reload: Reload | null;
  /** When history is asked for again: a trade could not be placed, or the last question failed. */
  reloadAtMs: number | null;
  older: Older;
  /** Older bars are asked for until they reach back to this moment, in microseconds; null: while one scrolls. */
  reachUs: number | null;
  doubt: Doubt | null;
  /** Where there is none of the interval: the newest of a longer one. */
  elsewhere: TimedBar | null;
  minute: Minute;
  nextId: number;
}

export type BarInput =
  | { type: "load" }
  /** Show another interval: what is shown stays until its bars are there. */
  | { type: "choose"; interval: Interval }
  | { type: "answered"; id: number; answer: Answer<HistoryAnswer> }
  | { type: "frame"; frame: Frame }
  | { type: "bar"; message: BarMessage }
  /** Trades are missing: nothing is known any more of what is in the bars, so history says. */
  | { type: "gap"; gap: Gap }
  /** Bars were imported, of whatever time: trades tell nothing of them. */
  | { type: "imported" }
  | { type: "older" }
  | { type: "reach"; fromUs: number | null }
  | { type: "painted" };

export type BarEffect =
  | FeedEffect
  | { type: "ask"; id: number; query: HistoryQuery }
  /** The cursor of an answer. */
  | { type: "history"; cursor: Cursor }
  /** Bars of an answer, new to the page. */
  | { type: "bars"; bars: readonly Bar[] };

export type BarStep = Step<BarState, BarEffect>;

export function initialBars(chosen: Interval | null): BarState {
  return {
    ...{ interval: chosen ?? "1m", wanted: chosen, bars: [], changedFrom: 0, seen: null },
    ...{ shown: null, reload: null, reloadAtMs: null, older: IDLE },
    ...{
      reachUs: null,
      doubt: null,
      elsewhere: null,
      minute: { kind: "unknown" },
      nextId: 1,
    },
  };
}

/** The bars differ from this index on. */
export function changed(state: BarState, from: number): BarStep {
  return step({ ...state, changedFrom: Math.min(state.changedFrom, from) }, mark(DIRTY.bars));
}
