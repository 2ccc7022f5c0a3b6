import type { HistoryAnswer } from "../../../src/protocol/answers/answers.ts";
import { prependBars } from "../../data/bars/bars.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { type Machine, step } from "../machine.ts";
import { load, RETRY_MS, reloadAnswered } from "./bar-history.ts";
import { takeBar, takeFrame } from "./bar-live.ts";
import {
  type BarEffect,
  type BarInput,
  type BarState,
  type BarStep,
  changed,
  MAX_BARS,
  MOST_PAGE_BARS,
  PAGE_BARS,
} from "./bar-state.ts";

/** The bars of one symbol: history, continued by live trades, corrected where a late trade says so. */
export const barMachine: Machine<BarState, BarInput, BarEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "choose":
        if (message.interval === state.wanted) return step(state);
        return load({ ...state, wanted: message.interval });
      case "answered":
        return answered(state, message.id, message.answer, nowMs);
      case "frame":
        return takeFrame(state, message.frame, nowMs);
      case "bar":
        return takeBar(state, message.message);
      case "gap": {
        const fromUs = Math.max(message.gap.from, message.gap.to);
        return load({ ...state, seen: state.seen === null ? null : { fromUs, latestUs: 0 } });
      }
      case "older":
        return askOlder(state, nowMs);
      case "painted":
        return step({ ...state, changedFrom: state.bars.length });
      case "tick":
        return nowMs >= (state.reloadAtMs ?? nowMs + 1) ? load(state) : step(state);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ reloadAtMs }) => reloadAtMs ?? Number.POSITIVE_INFINITY,
};

/** An answer that nobody waits for any more changes nothing. */
function answered(
  state: BarState,
  id: number,
  answer: Answer<HistoryAnswer>,
  nowMs: number,
): BarStep {
  const { reload, older, minute } = state;
  if (reload?.id === id) return reloadAnswered(state, reload, answer, nowMs);
  if (older.kind === "asked" && older.id === id) return olderAnswered(state, answer, nowMs);
  if (minute.kind !== "asked" || minute.id !== id) return step(state);
  if (answer.kind !== "ok") return step({ ...state, minute: { kind: "unknown" } });
  return step(
    { ...state, minute: { kind: "known", bar: answer.value.bars.at(-1) ?? null } },
    mark(DIRTY.bars),
  );
}

function askOlder(state: BarState, nowMs: number): BarStep {
  const { older, bars, interval, nextId: id } = state;
  const first = bars[0];
  const mayAsk = older.kind === "idle" && nowMs >= older.fromMs;
  const room = MAX_BARS - PAGE_BARS - bars.length;
  if (!mayAsk || first === undefined || room <= 0) return step(state);
  // As many again as there are: who goes far back gets there in few questions.
  const limit = Math.min(room, MOST_PAGE_BARS, Math.max(PAGE_BARS, bars.length));
  return step(
    { ...state, older: { kind: "asked", id }, nextId: id + 1 },
    { type: "ask", id, query: { interval, limit, to: first.ts } },
  );
}

function olderAnswered(state: BarState, answer: Answer<HistoryAnswer>, nowMs: number): BarStep {
  if (answer.kind !== "ok") {
    const mayAskAgain = answer.kind === "failed";
    return step(
      {
        ...state,
        older: mayAskAgain ? { kind: "idle", fromMs: nowMs + RETRY_MS } : { kind: "exhausted" },
      },
      { type: "failed", answer },
    );
  }
  const { bars: before } = answer.value;
  const bars = prependBars(state.bars, before);
  const isEnd = bars.length === state.bars.length;
  const { reload } = state;
  const placed = changed(
    {
      ...state,
      bars,
      older: isEnd ? { kind: "exhausted" } : { kind: "idle", fromMs: 0 },
      reload: reload && { ...reload, bars: prependBars(reload.bars, before) },
    },
    0,
  );
  return {
    ...placed,
    effects: [...placed.effects, mark(DIRTY.allBars), { type: "bars", bars: before }],
  };
}
