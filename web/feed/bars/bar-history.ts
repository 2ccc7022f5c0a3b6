import type { HistoryAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../../src/protocol/words/interval.ts";
import { afterSeeing, mergeHistory } from "../../data/bars/bars.ts";
import { arrived, LOADING } from "../../data/bars/join.ts";
import { suggestInterval } from "../../data/bars/suggest-interval.ts";
import type { TimedBar } from "../../data/symbols/last-price.ts";
import type { Answer, Failure } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { step } from "../machine.ts";
import { doubtLeft, RETRY_MS } from "./bar-doubt.ts";
import { applyFrames, tradesOf } from "./bar-live.ts";
import {
  type BarEffect,
  type BarState,
  type BarStep,
  IDLE,
  type Look,
  PAGE_BARS,
  type Reload,
} from "./bar-state.ts";

/** What bars are posted in; those of a longer interval are made of them, those of a shorter one are not. */
const POSTED_INTERVALS = ["1m", "1h", "1d"] as const;

/** Ask for history and put it in place, unless another request overtakes this one. */
export function load(state: BarState): BarStep {
  const { seen, bars, wanted, interval } = state;
  const look: Look = { step: "page", interval: wanted ?? interval };
  return ask({ ...state, reloadAtMs: null }, { look, join: LOADING, seen, bars });
}

/** The answer to what a reload has asked. */
export function reloadAnswered(
  state: BarState,
  reload: Reload,
  answer: Answer<HistoryAnswer>,
  nowMs: number,
): BarStep {
  const { look } = reload;
  switch (look.step) {
    case "page":
      if (answer.kind !== "ok") return failed(state, answer, nowMs);
      return pageArrived(state, reload, answer.value, nowMs);
    case "suited":
      if (answer.kind !== "ok") return failed(state, answer, nowMs);
      return place(state, reload, answer.value, null, nowMs);
    case "longer": {
      const found = answer.kind === "ok" ? answer.value : look.none;
      const bar = found.bars.at(-1);
      if (bar === undefined) return askLonger(state, reload, look, nowMs);
      // Where somebody has chosen the interval that has none, it stays, and the way to the others is shown.
      const elsewhere = { bar, interval: found.interval };
      return state.wanted === null
        ? place(state, reload, found, null, nowMs)
        : place(state, reload, look.none, elsewhere, nowMs);
    }
    default:
      return look satisfies never;
  }
}

function pageArrived(
  before: BarState,
  reload: Reload,
  answer: HistoryAnswer,
  nowMs: number,
): BarStep {
  const { interval, bars } = answer;
  const isEmpty = bars.length === 0;
  if (before.wanted !== null) {
    if (!isEmpty) return place(before, reload, answer, null, nowMs);
    return askLonger(before, reload, { interval, limit: 1, none: answer }, nowMs);
  }
  const state: BarState = { ...before, minute: { kind: "known", bar: bars.at(-1) ?? null } };
  const suited = suggestInterval(bars);
  if (suited !== interval) {
    return ask(state, { ...reload, look: { step: "suited", interval: suited }, join: LOADING });
  }
  if (!isEmpty) return place(state, reload, answer, null, nowMs);
  return askLonger(state, reload, { interval, limit: PAGE_BARS, none: answer }, nowMs);
}

/** Bars of a symbol that has none of the interval asked for: minutes, hours or days were posted. */
function askLonger(
  state: BarState,
  reload: Reload,
  { interval, limit, none }: { interval: Interval; limit: number; none: HistoryAnswer },
  nowMs: number,
): BarStep {
  const longer = POSTED_INTERVALS.find((one) => INTERVAL_SECONDS[one] > INTERVAL_SECONDS[interval]);
  if (longer === undefined) return place(state, reload, none, null, nowMs);
  return ask(state, { ...reload, look: { step: "longer", interval: longer, limit, none } });
}

function ask(state: BarState, reload: Omit<Reload, "id">): BarStep {
  const { nextId: id } = state;
  const { look } = reload;
  const limit = look.step === "longer" ? look.limit : PAGE_BARS;
  return step(
    { ...state, reload: { ...reload, id }, nextId: id + 1 },
    { type: "ask", id, query: { interval: look.interval, limit } },
  );
}

function failed(state: BarState, answer: Failure, nowMs: number): BarStep {
  const retryAtMs = answer.kind === "failed" ? nowMs + RETRY_MS : null;
  return step(
    { ...state, reload: null, reloadAtMs: retryAtMs ?? state.reloadAtMs },
    { type: "failed", answer },
  );
}

function place(
  before: BarState,
  reload: Reload,
  answer: HistoryAnswer,
  elsewhere: TimedBar | null,
  nowMs: number,
): BarStep {
  const { interval, cursor } = answer;
  const joined = arrived(reload.join, cursor);
  if (joined === null) return load(before);
  const isSame = interval === before.interval && before.shown !== null;
  const first = reload.seen ?? { fromUs: cursor, latestUs: 0 };
  const seen = joined.held.reduce((known, frame) => afterSeeing(known, tradesOf(frame)), first);
  const bars = mergeHistory(isSame ? reload.bars : [], answer.bars, cursor);
  const placed: BarState = {
    ...before,
    ...{ interval, wanted: interval, elsewhere, seen, shown: joined.join, reload: null },
    bars,
    older: isSame ? before.older : IDLE,
    doubt: isSame ? doubtLeft(before.doubt, answer.bars[0]?.ts, bars) : null,
  };
  const live = applyFrames(placed, joined.fresh, nowMs);
  const state = { ...live.state, changedFrom: 0 };
  const effects: BarEffect[] = [
    ...live.effects,
    mark(DIRTY.allBars),
    { type: "bars", bars: answer.bars },
    { type: "history", cursor },
  ];
  if (INTERVAL_SECONDS[interval] <= 60 || state.minute.kind !== "unknown") {
    return { state, effects };
  }
  const { nextId: id } = state;
  return step({ ...state, minute: { kind: "asked", id }, nextId: id + 1 }, ...effects, {
    type: "ask",
    id,
    query: { interval: "1m", limit: 1 },
  });
}
