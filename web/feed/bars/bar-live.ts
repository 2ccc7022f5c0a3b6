import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import { afterSeeing, applyBar, applyTrades } from "../../data/bars/bars.ts";
import { type Frame, take } from "../../data/bars/join.ts";
import { DIRTY } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { step } from "../machine.ts";
import { doubting, missing } from "./bar-doubt.ts";
import {
  type BarEffect,
  type BarState,
  type BarStep,
  changed,
  MAX_BARS,
  PAGE_BARS,
} from "./bar-state.ts";

/** How many bars are dropped at once, so that it is done seldom. */
const DROP_BARS = 2_000;
/** A late trade may bring others: history is asked once for all of them. */
const DOUBT_MS = 3_000;

export function tradesOf(frame: Frame): TradeEvent[] {
  return frame.events.filter((event) => event.kind === "trade");
}

/** A live frame, for what is shown and for what is being asked for. */
export function takeFrame(before: BarState, frame: Frame, nowMs: number): BarStep {
  let state = before;
  if (state.reload !== null) {
    const { join } = take(state.reload.join, frame);
    state = { ...state, reload: { ...state.reload, join } };
  }
  if (state.shown === null) return step(state);
  const { join, fresh } = take(state.shown, frame);
  state = { ...state, shown: join };
  // What the bars hold already was seen too, and came first.
  const trades = tradesOf(frame);
  const held = trades.length - fresh.reduce((count, part) => count + tradesOf(part).length, 0);
  if (state.seen !== null && held > 0) {
    state = { ...state, seen: afterSeeing(state.seen, trades.slice(0, held)) };
  }
  return applyFrames(state, fresh, nowMs);
}

/** Frames that the bars do not hold. */
export function applyFrames(before: BarState, frames: readonly Frame[], nowMs: number): BarStep {
  let state = before;
  const effects: BarEffect[] = [];
  for (const frame of frames) {
    const next = applyTradesOf(state, tradesOf(frame), nowMs);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

function applyTradesOf(given: BarState, all: readonly TradeEvent[], nowMs: number): BarStep {
  const { bars, interval, seen, reloadAtMs } = given;
  if (all.length === 0 || seen === null) return step(given);
  const trades = all.filter(({ ts }) => isWithin(given, bucketStartUs(ts, interval)));
  const before = trades.length === all.length ? given : reachingBack(given, all);
  const applied = applyTrades(bars, trades, interval, seen);
  const isTooMany = applied.bars.length > MAX_BARS;
  const doubted = applied.doubtFromUs === null ? before : doubting(before, applied.doubtFromUs);
  const { state, effects } = changed(
    {
      ...doubted,
      bars: isTooMany ? applied.bars.slice(DROP_BARS) : applied.bars,
      seen: afterSeeing(seen, all),
      reloadAtMs: applied.doubtFromUs === null ? reloadAtMs : (reloadAtMs ?? nowMs + DOUBT_MS),
    },
    isTooMany ? 0 : applied.changedFrom,
  );
  if (!isTooMany && bars.length > 0) return { state, effects };
  return step(state, ...effects, mark(DIRTY.allBars));
}

/** Of what is older than the bars that are here history tells when it is asked for them. A bar of it alone would stand before a hole. */
function isWithin({ bars: [first], older }: BarState, ts: number): boolean {
  return first === undefined || ts >= first.ts || older.kind === "exhausted";
}

/** Trades were passed over that are older than the bars that are here. */
function reachingBack(state: BarState, trades: readonly TradeEvent[]): BarState {
  const { bars, reachUs, older } = state;
  const [first] = bars;
  if (first === undefined) return state;
  if (older.kind === "asked") {
    const fromUs = trades.reduce<number>((least, { ts }) => Math.min(least, ts), first.ts);
    return { ...state, older: missing(older, fromUs) };
  }
  // Where there are few bars, they may have been all there were.
  if (bars.length >= PAGE_BARS) return state;
  return { ...state, reachUs: Math.min(reachUs ?? first.ts, first.ts - 1) };
}

/** A bar that the room has closed or corrected. */
export function takeBar(state: BarState, message: BarMessage): BarStep {
  if (message.interval !== state.interval || !isWithin(state, message.ts)) return step(state);
  const applied = applyBar(state.bars, message);
  if (applied.changedFrom >= applied.bars.length) return step(state);
  return changed({ ...state, bars: applied.bars }, applied.changedFrom);
}
