import type { HistoryAnswer } from "../../src/protocol/answers.ts";
import { prependBars } from "../data/bars.ts";
import type { Answer } from "./api.ts";
import { load, RETRY_MS, reloadAnswered } from "./bar-history.ts";
import { takeBar, takeFrame } from "./bar-live.ts";
import {
  type BarEffect,
  type BarInput,
  type BarState,
  type BarStep,
  changed,
  MAX_BARS,
  PAGE_BARS,
  stay,
} from "./bar-state.ts";
import { DIRTY } from "./dirty.ts";
import type { Machine } from "./machine.ts";

/** The bars of one symbol: history, continued by live trades, corrected where a late trade says so. */
export const barMachine: Machine<BarState, BarInput, BarEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "choose":
        if (message.interval === (state.wanted ?? state.interval)) return stay(state);
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
        return askOlder(state);
      case "painted":
        return stay({ ...state, changedFrom: state.bars.length });
      case "tick":
        return tick(state, nowMs);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ reloadAtMs, older }) =>
    Math.min(
      reloadAtMs ?? Number.POSITIVE_INFINITY,
      older.kind === "again" ? older.atMs : Number.POSITIVE_INFINITY,
    ),
};

function tick(before: BarState, nowMs: number): BarStep {
  const { older, reloadAtMs } = before;
  const isIdle = older.kind === "again" && nowMs >= older.atMs;
  const state: BarState = isIdle ? { ...before, older: { kind: "idle" } } : before;
  return reloadAtMs !== null && nowMs >= reloadAtMs ? load(state) : stay(state);
}

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
  if (minute.kind !== "asked" || minute.id !== id) return stay(state);
  if (answer.kind !== "ok") return stay({ ...state, minute: { kind: "unknown" } });
  return {
    state: { ...state, minute: { kind: "known", bar: answer.value.bars.at(-1) ?? null } },
    effects: [{ type: "mark", dirty: DIRTY.bars }],
  };
}

function askOlder(state: BarState): BarStep {
  const { older, bars, interval, nextId: id } = state;
  const first = bars[0];
  if (older.kind !== "idle" || first === undefined || bars.length >= MAX_BARS - PAGE_BARS) {
    return stay(state);
  }
  return {
    state: { ...state, older: { kind: "asked", id }, nextId: id + 1 },
    effects: [{ type: "ask", id, query: { interval, limit: PAGE_BARS, to: first.ts } }],
  };
}

function olderAnswered(state: BarState, answer: Answer<HistoryAnswer>, nowMs: number): BarStep {
  if (answer.kind !== "ok") {
    const mayAskAgain = answer.kind === "failed";
    return {
      state: {
        ...state,
        older: mayAskAgain ? { kind: "again", atMs: nowMs + RETRY_MS } : { kind: "exhausted" },
      },
      effects: [{ type: "failed", answer }],
    };
  }
  const { bars: before } = answer.value;
  const bars = prependBars(state.bars, before);
  const { reload } = state;
  const step = changed(
    {
      ...state,
      bars,
      older: { kind: bars.length === state.bars.length ? "exhausted" : "idle" },
      reload: reload && { ...reload, bars: prependBars(reload.bars, before) },
    },
    0,
  );
  return {
    ...step,
    effects: [
      ...step.effects,
      { type: "mark", dirty: DIRTY.allBars },
      { type: "bars", bars: before },
    ],
  };
}
