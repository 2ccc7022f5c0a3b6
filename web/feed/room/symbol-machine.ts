import type { Delivery } from "../../../client/state.ts";
import type { Status } from "../../../client/status.ts";
import type { TradesAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { Level } from "../../../src/protocol/events/book.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import { separate } from "../../../src/protocol/events/frame.ts";
import type { BarMessage, Gap } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { beforeLive, isHeard, wantsToken } from "../../data/bars/before-live.ts";
import type { Frame } from "../../data/bars/join.ts";
import { hasContent } from "../../data/symbols/has-content.ts";
import {
  addGap,
  addPast,
  addTrades,
  NO_TRADES,
  type TradeList,
} from "../../data/tables/trade-rows.ts";
import { type Digits, digitsAfter, NO_DIGITS } from "../../data/words/digits.ts";
import type { Failure } from "../api.ts";
import { tradesOf } from "../bars/bar-live.ts";
import { DIRTY, type Dirty } from "../dirty.ts";
import { mark } from "../feed-deps.ts";
import { type Machine, type Step, step } from "../machine.ts";

/** The tape begins this long before the bars' cursor: the trades that were asked for with them may go less far. */
const PRELUDE_US = 15_000_000;
/** Gaps marked on the chart; older marks go. */
const MAX_GAPS = 50;

export interface SymbolState {
  /** Whether history has answered once, so that the tape is open. */
  isOpen: boolean;
  /** Whether the server has been heard over the tape. */
  wasHeard: boolean;
  trouble: Exclude<Failure, { kind: "unauthorized" | "unknown" }> | null;
  /** Nobody has pushed to it so far. */
  isUnknown: boolean;
  joinedAt: Cursor;
  trades: TradeList;
  gaps: readonly Gap[];
  priceDigits: Digits;
  sizeDigits: Digits;
}

export type SymbolMessage =
  | { type: "load" }
  /** Ask at once what would be asked in a while, or when the room of an unknown symbol says something. */
  | { type: "retry" }
  /** There is another token: what was refused for want of it goes on. */
  | { type: "renewed" }
  /** The bars have an answer: the first says where the tape begins, the later ones join it where it stands. */
  | { type: "history"; cursor: Cursor }
  | { type: "bars"; bars: readonly Bar[] }
  | { type: "levels"; levels: readonly Level[] }
  /** The trades of before the page. */
  | { type: "past"; answer: TradesAnswer }
  | { type: "failed"; answer: Failure }
  | { type: "status"; status: Status }
  | { type: "delivery"; delivery: Delivery };

export type SymbolEffect =
  | { type: "load" }
  | { type: "openTape"; since: Cursor | null }
  /** A tape that was refused stays closed: another one goes on where it was. */
  | { type: "reopenTape" }
  | { type: "takeFrame"; frame: Frame }
  | { type: "takeBar"; message: BarMessage }
  /** History is to be asked again for what is missing. */
  | { type: "takeGap"; gap: Gap }
  | { type: "tellStatus"; status: Status }
  | { type: "unauthorized"; detail?: string }
  | { type: "mark"; dirty: Dirty };

type SymbolStep = Step<SymbolState, SymbolEffect>;

export const NOTHING_KNOWN: SymbolState = {
  ...{ isOpen: false, wasHeard: false, trouble: null, isUnknown: false, joinedAt: 0 as Cursor },
  ...{ trades: NO_TRADES, gaps: [], priceDigits: NO_DIGITS, sizeDigits: NO_DIGITS },
};

const REOPEN = { type: "reopenTape" } as const;

/** What the page of a symbol knows of its own, and what its parts are to do: one socket feeds them all. */
export const symbolMachine: Machine<SymbolState, SymbolMessage, SymbolEffect> = {
  reduce(state, message) {
    switch (message.type) {
      case "load":
        return step(state, { type: "load" });
      case "retry":
        if (!state.isUnknown && (state.isOpen || state.trouble?.kind !== "failed")) break;
        return step({ ...state, isUnknown: false }, { type: "load" });
      case "renewed":
        return step(state, ...(state.isOpen ? [REOPEN] : []), { type: "load" });
      case "history":
        return history(state, message.cursor);
      case "bars": {
        const { bars } = message;
        const prices = bars.flatMap(({ open, high, low, close }) => [open, high, low, close]);
        return step(measured(state, prices, []));
      }
      case "levels": {
        const { levels } = message;
        const prices = levels.map(([price]) => price);
        return step(
          measured(
            state,
            prices,
            levels.map(([, size]) => size),
          ),
        );
      }
      case "past": {
        const { trades, cursor } = message.answer;
        return traded(state, addPast(state.trades, trades, cursor), trades);
      }
      case "failed":
        return failed(state, message.answer);
      case "status":
        return told(state, message.status);
      case "delivery":
        return delivered(state, message.delivery);
      case "tick":
        break;
      default:
        return message satisfies never;
    }
    return step(state);
  },
  wakeMs: () => Number.POSITIVE_INFINITY,
};

/** How it stands; `ofTape` is what the tape says, null before there is one. */
export function symbolStatus(state: SymbolState, ofTape: Status | null): Status {
  if (ofTape !== null) return state.wasHeard ? ofTape : waiting(state, beforeLive(ofTape));
  switch (state.trouble?.kind) {
    case "refused": {
      const because = { by: "http", status: state.trouble.status } as const;
      return { kind: "closed", words: "closed", because };
    }
    case "failed":
      return waiting(state, beforeLive({ kind: "reconnecting", words: "reconnecting now" }));
    default:
      return { kind: "connecting", words: "connecting" };
  }
}

/** A socket that is refused says not why, but what else was asked does: as while a host learns what was before it. */
function waiting({ trouble }: SymbolState, status: Status): Status {
  const isConnecting = status.kind === "connecting" || status.kind === "reconnecting";
  if (!isConnecting || trouble?.kind !== "failed" || trouble.waitsFor === undefined) return status;
  return { ...status, words: `waiting for the server's ${trouble.waitsFor}` };
}

function history(before: SymbolState, cursor: Cursor): SymbolStep {
  const state = { ...before, trouble: null };
  if (state.isOpen) return step(state);
  const since = Math.max(0, cursor - PRELUDE_US) as Cursor;
  return step(
    { ...state, isOpen: true, joinedAt: cursor },
    { type: "openTape", since },
    mark(DIRTY.status),
  );
}

function failed(state: SymbolState, answer: Failure): SymbolStep {
  if (answer.kind === "unauthorized") {
    const { detail } = answer;
    if (detail === undefined) return step(state, { type: "unauthorized" });
    const trouble = { kind: "refused", status: 403, detail } as const;
    return step({ ...state, trouble }, { type: "unauthorized", detail }, mark(DIRTY.allBars));
  }
  if (state.trouble?.kind === "refused") return step(state);
  const marked = mark(DIRTY.status | DIRTY.allBars);
  if (answer.kind === "unknown") {
    const next = { ...state, isUnknown: true, isOpen: true };
    // The room tells when somebody pushes.
    return state.isOpen
      ? step(next, marked)
      : step(next, { type: "openTape", since: null }, marked);
  }
  const next = { ...state, trouble: answer };
  if (state.isOpen) return step(next, marked);
  return step(next, { type: "tellStatus", status: symbolStatus(next, null) }, marked);
}

function told(state: SymbolState, status: Status): SymbolStep {
  const effects: SymbolEffect[] = [mark(DIRTY.status), { type: "tellStatus", status }];
  if (wantsToken(status)) effects.push({ type: "unauthorized" });
  return { state: { ...state, wasHeard: state.wasHeard || isHeard(status) }, effects };
}

function delivered(before: SymbolState, delivery: Delivery): SymbolStep {
  if (!before.isUnknown || !hasContent(delivery)) return taken(before, delivery);
  const next = taken({ ...before, isUnknown: false }, delivery);
  return step(next.state, { type: "load" }, ...next.effects);
}

function taken(state: SymbolState, delivery: Delivery): SymbolStep {
  switch (delivery.type) {
    case "events":
      return frameTaken(state, delivery);
    case "bar":
      return step(state, { type: "takeBar", message: delivery });
    case "gap":
      return gapTaken(state, delivery);
    case "caught_up":
      return step(state, mark(DIRTY.status));
    case "snapshot":
    case "error":
      return step(state);
    default:
      return delivery satisfies never;
  }
}

function frameTaken(before: SymbolState, frame: Frame): SymbolStep {
  const take = { type: "takeFrame", frame } as const;
  const fresh = tradesOf(frame);
  if (fresh.length === 0) return step(before, take);
  const list = separate(frame).reduce(
    (all, part) => addTrades(all, tradesOf(part), part.cursor),
    before.trades,
  );
  const { state, effects } = traded(before, list, fresh);
  return step(state, take, ...effects);
}

function traded(before: SymbolState, list: TradeList, fresh: readonly TradeEvent[]): SymbolStep {
  const state = measured(
    { ...before, trades: list },
    fresh.map(({ price }) => price),
    fresh.map(({ size }) => size),
  );
  return step(state, mark(DIRTY.trades));
}

function gapTaken(before: SymbolState, gap: Gap): SymbolStep {
  // In another life of the log the cursors of before mean nothing.
  const isReset = gap.reason === "reset";
  // Of the prelude: the bars and lines hold these events already, and nothing on the page is missing.
  if (!isReset && gap.to <= before.joinedAt) return step(before);
  const state = {
    ...before,
    joinedAt: isReset ? gap.to : before.joinedAt,
    gaps: [...before.gaps, gap].slice(-MAX_GAPS),
    trades: addGap(before.trades, gap),
  };
  return step(state, mark(DIRTY.gaps | DIRTY.trades), { type: "takeGap", gap });
}

function measured(
  state: SymbolState,
  prices: readonly number[],
  sizes: readonly number[],
): SymbolState {
  const priceDigits = digitsAfter(state.priceDigits, prices);
  return { ...state, priceDigits, sizeDigits: digitsAfter(state.sizeDigits, sizes) };
}
