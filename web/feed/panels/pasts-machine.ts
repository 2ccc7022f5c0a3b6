import type { HistoryAnswer, SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import type { Pasts } from "../../data/symbols/listed-price.ts";
import type { Answer } from "../api.ts";
import { type Machine, type Step, step } from "../machine.ts";
import {
  afterFailure,
  asked,
  isAnswered,
  isDue,
  NOTHING_ASKED,
  type Question,
  settled,
  wakeOf,
} from "../question.ts";

const DAY_US = 86_400_000_000;
/** A list is looked through from its top; further down there are no small charts. */
const MOST_PRICED = 40;
const DAYS = 30;
const RETRY_MS = 2_000;

export type PastLine = Pick<SymbolSummary, "symbol" | "last" | "last_interval">;

interface PastsState {
  list: readonly PastLine[];
  pasts: Pasts;
  /** Asked for, whatever came of it: a symbol once by its trades, and once by its imported bars. */
  had: ReadonlySet<string>;
  question: Question;
  /** What the question is about. */
  line: PastLine | null;
}

export type PastsMessage =
  | { type: "list"; list: readonly PastLine[] }
  | { type: "answered"; id: number; answer: Answer<HistoryAnswer> };

export type PastsEffect =
  | {
      type: "ask";
      id: number;
      symbol: string;
      query: { interval: Interval; limit: number; from?: number };
    }
  | { type: "tell" };

export const NO_PASTS: PastsState = {
  ...{ list: [], pasts: new Map(), had: new Set() },
  ...{ question: NOTHING_ASKED, line: null },
};

/**
 * Asks for the past of each symbol of the list once, one after the other, so that it holds up nothing else: the day
 * before of what is traded, else the newest days that were imported.
 */
export const pastsMachine: Machine<PastsState, PastsMessage, PastsEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "list": {
        const next = { ...state, list: message.list };
        return state.question.kind === "none" ? askNext(next, nowMs) : step(next);
      }
      case "answered":
        return answered(state, message, nowMs);
      case "tick":
        return isDue(state.question, nowMs) ? askNext(state, nowMs) : step(state);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ question }) => wakeOf(question),
};

function askNext(state: PastsState, nowMs: number): Step<PastsState, PastsEffect> {
  const priced = state.list.filter(({ last }) => last !== null).slice(0, MOST_PRICED);
  const line = priced.find((each) => !state.had.has(keyOf(each))) ?? null;
  if (line === null) return step({ ...state, question: settled(state.question) });
  const question = asked(state.question);
  const query =
    line.last_interval === undefined
      ? { interval: "15m" as const, limit: 96, from: nowMs * 1_000 - DAY_US }
      : { interval: "1d" as const, limit: DAYS };
  return step(
    { ...state, question, line },
    { type: "ask", id: question.id, symbol: line.symbol, query },
  );
}

function answered(
  state: PastsState,
  { id, answer }: { id: number; answer: Answer<HistoryAnswer> },
  nowMs: number,
): Step<PastsState, PastsEffect> {
  const { line } = state;
  if (!isAnswered(state.question, id) || line === null) return step(state);
  if (answer.kind === "failed") {
    const question = afterFailure(state.question, answer, nowMs + RETRY_MS);
    return step({ ...state, question });
  }
  const next = { ...state, had: new Set(state.had).add(keyOf(line)) };
  if (answer.kind !== "ok") return askNext(next, nowMs);
  const pasts = new Map(state.pasts).set(line.symbol, { bars: answer.value.bars });
  const asking = askNext({ ...next, pasts }, nowMs);
  return { ...asking, effects: [{ type: "tell" }, ...asking.effects] };
}

function keyOf({ symbol, last_interval: interval }: PastLine): string {
  return `${symbol} ${interval !== undefined}`;
}
