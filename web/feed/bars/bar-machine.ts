import type { HistoryAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { type Machine, step, type Tick } from "../machine.ts";
import { doubting, missing } from "./bar-doubt.ts";
import { load, reloadAnswered } from "./bar-history.ts";
import { takeBar, takeFrame } from "./bar-live.ts";
import { askOlder, olderAnswered, reachMs, reachOn } from "./bar-older.ts";
import { type BarEffect, type BarInput, type BarState, type BarStep, IDLE } from "./bar-state.ts";

/** The bars of one symbol: history, continued by live trades, corrected where a late trade says so. */
export const barMachine: Machine<BarState, BarInput, BarEffect> = {
  reduce: (state, message, { nowMs }) => reachOn(taken(state, message, nowMs), nowMs),
  wakeMs: (state) => Math.min(state.reloadAtMs ?? Number.POSITIVE_INFINITY, reachMs(state)),
};

function taken(state: BarState, message: BarInput | Tick, nowMs: number): BarStep {
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
    case "imported": {
      // What is asked once more was asked too early.
      const { older } = state;
      const isFirst = older.kind === "asked" && older.again === null;
      const all = Number.NEGATIVE_INFINITY;
      return load(doubting({ ...state, older: isFirst ? missing(older, all) : IDLE }, all));
    }
    case "older":
      return askOlder(state, nowMs);
    case "reach":
      return step({ ...state, reachUs: message.fromUs });
    case "painted":
      return step({ ...state, changedFrom: state.bars.length });
    case "tick":
      return nowMs >= (state.reloadAtMs ?? nowMs + 1) ? load(state) : step(state);
    default:
      return message satisfies never;
  }
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
  if (minute.kind !== "asked" || minute.id !== id) return step(state);
  if (answer.kind !== "ok") return step({ ...state, minute: { kind: "unknown" } });
  return step(
    { ...state, minute: { kind: "known", bar: answer.value.bars.at(-1) ?? null } },
    mark(DIRTY.bars),
  );
}
