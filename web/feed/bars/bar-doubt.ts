import type { Bar } from "../../../src/protocol/events/bar.ts";
import { bringBefore } from "../../data/bars/bars.ts";
import { step } from "../machine.ts";
import {
  type Again,
  type BarState,
  type BarStep,
  changed,
  type Doubt,
  IDLE,
  type Older,
} from "./bar-state.ts";

/** Between two questions, the first of which came to nothing. */
export const RETRY_MS = 2_000;

/** `state` with bars in doubt that begin at `fromUs` or later; the newest ones are asked for first. */
export function doubting(state: BarState, fromUs: number): BarState {
  return { ...state, doubt: widened(state.doubt, fromUs, Number.POSITIVE_INFINITY) };
}

export function widened(doubt: Doubt | null, fromUs: number, beforeUs: number): Doubt {
  return {
    fromUs: Math.min(doubt?.fromUs ?? fromUs, fromUs),
    beforeUs: Math.max(doubt?.beforeUs ?? beforeUs, beforeUs),
  };
}

/** What history says from `fromUs` on has changed: an answer that is on its way may have been made before that. */
export function missing(older: Older, fromUs: number): Older {
  if (older.kind !== "asked") return older;
  return { ...older, missedFromUs: Math.min(older.missedFromUs ?? fromUs, fromUs) };
}

/** What of a doubt is left where bars from `beforeUs` on are as history has them; undefined: none has answered. */
export function doubtLeft(
  doubt: Doubt | null,
  beforeUs: number | undefined,
  [first]: readonly Bar[],
): Doubt | null {
  if (doubt === null || beforeUs === undefined || first === undefined) return null;
  return beforeUs > Math.max(doubt.fromUs, first.ts) ? { ...doubt, beforeUs } : null;
}

/** Before when bars are to be asked for once more now; null where none are. */
export function doubtDueUs({ doubt, reload, bars: [first] }: BarState): number | null {
  if (doubt === null || reload !== null || first === undefined) return null;
  return Number.isFinite(doubt.beforeUs) && first.ts < doubt.beforeUs ? doubt.beforeUs : null;
}

/** Bars in doubt have come once more. Those that a late trade has changed meanwhile may be ahead of the answer. */
export function doubtAnswered(
  state: BarState,
  { beforeUs, had }: Again,
  before: readonly Bar[],
  nowMs: number,
): BarStep {
  const { bars, reload, doubt } = state;
  const isAsAsked =
    reload === null && bars.every((bar, at) => bar.ts >= beforeUs || bar === had[at]);
  if (!isAsAsked) return step({ ...state, older: { kind: "idle", fromMs: nowMs + RETRY_MS } });
  const brought = bringBefore(bars, before, beforeUs);
  // It has grown where a trade came meanwhile: then the newest ones are asked for first.
  const left = doubt?.beforeUs === beforeUs ? doubtLeft(doubt, before[0]?.ts, brought) : doubt;
  return changed({ ...state, bars: brought, older: IDLE, doubt: left }, 0);
}
