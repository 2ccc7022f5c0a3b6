import type { HistoryAnswer } from "../../../src/protocol/answers/answers.ts";
import { prependBars } from "../../data/bars/bars.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { step } from "../machine.ts";
import { doubtAnswered, doubtDueUs, RETRY_MS, widened } from "./bar-doubt.ts";
import {
  type BarState,
  type BarStep,
  changed,
  IDLE,
  MAX_BARS,
  MOST_PAGE_BARS,
  PAGE_BARS,
} from "./bar-state.ts";

/** Asks for the bars before those shown, or for those in doubt, unless somebody has or there are none. */
export function askOlder(state: BarState, nowMs: number): BarStep {
  const { older, bars: had, interval, nextId: id } = state;
  const first = had[0];
  const doubtUs = doubtDueUs(state);
  const mayAsk =
    older.kind === "idle" ? nowMs >= older.fromMs : older.kind === "exhausted" && doubtUs !== null;
  const room = doubtUs === null ? roomOf(state) : MOST_PAGE_BARS;
  if (!mayAsk || first === undefined || room <= 0) return step(state);
  // As many again as there are: who goes far back gets there in few questions.
  const wanted = isReaching(state) ? MOST_PAGE_BARS : Math.max(PAGE_BARS, had.length);
  const limit = Math.min(room, MOST_PAGE_BARS, wanted);
  const again = doubtUs === null ? null : { beforeUs: doubtUs, had };
  return step(
    { ...state, older: { kind: "asked", id, again, missedFromUs: null }, nextId: id + 1 },
    { type: "ask", id, query: { interval, limit, to: doubtUs ?? first.ts } },
  );
}

/** Goes on with what older bars there are still to be. */
export function reachOn({ state, effects }: BarStep, nowMs: number): BarStep {
  if (!isReaching(state)) return { state, effects };
  const asking = askOlder(state, nowMs);
  return { state: asking.state, effects: [...effects, ...asking.effects] };
}

/** When the next of them may be asked for, where that waits for a moment. */
export function reachMs(state: BarState): number {
  const { older } = state;
  return isReaching(state) && older.kind === "idle" ? older.fromMs : Number.POSITIVE_INFINITY;
}

/** Whether the bars are those that are wanted and go back to `fromUs`, or as far as they can. */
export function isReached(state: BarState, fromUs: number): boolean {
  const { bars, interval, wanted, older } = state;
  const first = bars[0];
  if (first === undefined || interval !== (wanted ?? interval)) return false;
  return first.ts <= fromUs || older.kind === "exhausted" || roomOf(state) <= 0;
}

function isReaching(state: BarState): boolean {
  const { reachUs, bars } = state;
  if (doubtDueUs(state) !== null) return true;
  return reachUs !== null && bars.length > 0 && !isReached(state, reachUs);
}

function roomOf({ bars }: BarState): number {
  return MAX_BARS - PAGE_BARS - bars.length;
}

export function olderAnswered(
  state: BarState,
  answer: Answer<HistoryAnswer>,
  nowMs: number,
): BarStep {
  if (answer.kind !== "ok") {
    const mayAskAgain = answer.kind === "failed";
    return step(
      {
        ...state,
        older: mayAskAgain ? { kind: "idle", fromMs: nowMs + RETRY_MS } : { kind: "exhausted" },
        doubt: mayAskAgain ? state.doubt : null,
      },
      { type: "failed", answer },
    );
  }
  const { bars: before } = answer.value;
  const bars = prependBars(state.bars, before);
  const { reload, older } = state;
  const { again, missedFromUs } =
    older.kind === "asked" ? older : { again: null, missedFromUs: null };
  const beforeUs = again?.beforeUs ?? state.bars[0]?.ts ?? 0;
  const placed =
    again !== null
      ? doubtAnswered(state, again, before, nowMs)
      : changed(
          {
            ...state,
            bars,
            older: bars.length === state.bars.length ? { kind: "exhausted" } : IDLE,
            reload: reload && { ...reload, bars: prependBars(reload.bars, before) },
          },
          0,
        );
  const { doubt } = placed.state;
  return {
    state: {
      ...placed.state,
      doubt: missedFromUs === null ? doubt : widened(doubt, missedFromUs, beforeUs),
    },
    effects: [...placed.effects, mark(DIRTY.allBars), { type: "bars", bars: before }],
  };
}
