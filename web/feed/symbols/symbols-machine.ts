import { backoffMs } from "../../../client/backoff.ts";
import { type ListedSymbol, nextList } from "../../data/symbols/symbol-list.ts";
import type { Answer, ListAnswer } from "../api.ts";
import { type Machine, type Moment, type Step, step } from "../machine.ts";

/** Between the starts of two questions, the first of which was answered: where prices come from the list alone, and where a stream has them. */
const EVERY_MS = 1_000;
const EVERY_BESIDE_LIVE_MS = 5_000;
/** An answer that takes longer than the server was asked to hold it, and so much, is as good as none. */
export const PATIENCE_MS = 10_000;

type Phase =
  | { name: "idle" }
  | { name: "asking"; id: number; startedAtMs: number; deadlineMs: number }
  | { name: "waiting"; untilMs: number }
  /** The page is hidden, and nobody is asked. */
  | { name: "hidden" }
  /** A token is needed. */
  | { name: "refused" };

export interface ListState {
  phase: Phase;
  /** How long the server may be asked to hold a question to which it has no news. */
  holdMs: number;
  isVisible: boolean;
  /** A stream tells prices, and the list the rest. */
  isBesideLive: boolean;
  list: readonly ListedSymbol[];
  /** Whether any answer has come: before that an empty list means nothing. */
  known: boolean;
  /** Whether the server knows all of it: it may be getting the rest from elsewhere, as after new settings. */
  isWhole: boolean;
  tag: string | null;
  /** In a row. */
  failures: number;
  /** When the server has answered last, in ms; null: never. */
  heardAtMs: number | null;
  /** When it is asked again after a failure; null while the server answers. */
  retryAtMs: number | null;
  nextId: number;
}

export type ListMessage =
  | { type: "start" }
  | { type: "answered"; id: number; answer: Answer<ListAnswer> }
  | { type: "shown" }
  | { type: "hidden" }
  | { type: "live"; isBesideLive: boolean }
  /** Somebody asks to try at once. */
  | { type: "retry" };

export type ListEffect =
  | { type: "ask"; id: number; tag: string | null }
  | { type: "cancel"; id: number }
  | { type: "tell" }
  | { type: "unauthorized"; detail?: string | undefined };

export function initialList(holdMs: number, isVisible: boolean): ListState {
  return {
    ...{ phase: { name: "idle" }, holdMs, isVisible },
    ...{
      list: [],
      isBesideLive: false,
      known: false,
      isWhole: true,
      tag: null,
      heardAtMs: null,
      failures: 0,
      retryAtMs: null,
      nextId: 1,
    },
  };
}

/** Asks for the list, and again for a newer one, which the server holds until there is one. */
export const listMachine: Machine<ListState, ListMessage, ListEffect> = {
  reduce(state, message, moment) {
    switch (message.type) {
      case "start":
        return ask(state, moment);
      case "answered":
        return answered(state, message, moment);
      case "shown":
        return shown({ ...state, isVisible: true }, moment);
      case "hidden":
        return hidden({ ...state, isVisible: false });
      case "live":
        return live({ ...state, isBesideLive: message.isBesideLive }, moment);
      case "retry":
        return state.phase.name === "waiting" ? ask(state, moment) : step(state);
      case "tick":
        return tick(state, moment);
      default:
        return message satisfies never;
    }
  },
  wakeMs({ phase }) {
    switch (phase.name) {
      case "asking":
        return phase.deadlineMs;
      case "waiting":
        return phase.untilMs;
      case "idle":
      case "hidden":
      case "refused":
        return Number.POSITIVE_INFINITY;
      default:
        return phase satisfies never;
    }
  },
};

type ListStep = Step<ListState, ListEffect>;

function ask(state: ListState, { nowMs }: Moment): ListStep {
  const { nextId: id, tag, holdMs } = state;
  const deadlineMs = nowMs + holdMs + PATIENCE_MS;
  const phase: Phase = { name: "asking", id, startedAtMs: nowMs, deadlineMs };
  return step({ ...state, phase, nextId: id + 1 }, { type: "ask", id, tag });
}

function answered(
  state: ListState,
  { id, answer }: { id: number; answer: Answer<ListAnswer> },
  moment: Moment,
): ListStep {
  const { phase } = state;
  if (phase.name !== "asking" || phase.id !== id) return step(state);
  if (answer.kind === "unauthorized") {
    const refused: ListState = { ...state, phase: { name: "refused" } };
    return step(refused, { type: "tell" }, { type: "unauthorized", detail: answer.detail });
  }
  if (answer.kind !== "ok") return failed(state, moment);
  const { list, tag } = answer.value;
  const next: ListState = {
    ...{ ...state, tag, known: true, failures: 0, retryAtMs: null },
    heardAtMs: moment.nowMs,
  };
  if (list !== null) {
    next.list = nextList(state.list, list.symbols);
    next.isWhole = list.complete;
  }
  const everyMs = state.isBesideLive ? EVERY_BESIDE_LIVE_MS : EVERY_MS;
  return rest(next, Math.max(moment.nowMs, phase.startedAtMs + everyMs));
}

function failed(state: ListState, { nowMs, random }: Moment): ListStep {
  const failures = state.failures + 1;
  const retryAtMs = nowMs + backoffMs(failures, random);
  return rest({ ...state, failures, retryAtMs }, retryAtMs);
}

/** Something is to be told, and nothing to be done until then. */
function rest(state: ListState, untilMs: number): ListStep {
  const phase: Phase = state.isVisible ? { name: "waiting", untilMs } : { name: "hidden" };
  return step({ ...state, phase }, { type: "tell" });
}

/** Prices come from elsewhere, or no more: then nobody waits for the time that was chosen while they did, nor for news. */
function live(state: ListState, moment: Moment): ListStep {
  const { phase } = state;
  if (!state.isBesideLive && state.known && phase.name === "asking") {
    // A question without a tag is answered at once.
    const asking = ask({ ...state, tag: null, holdMs: 0 }, moment);
    const { holdMs } = state;
    return {
      state: { ...asking.state, holdMs },
      effects: [{ type: "cancel", id: phase.id }, ...asking.effects],
    };
  }
  const isOverdue = !state.isBesideLive && state.phase.name === "waiting" && state.failures === 0;
  return isOverdue ? ask(state, moment) : step(state);
}

function shown(state: ListState, moment: Moment): ListStep {
  const isResting = state.phase.name === "waiting" || state.phase.name === "hidden";
  return isResting ? ask(state, moment) : step(state);
}

function hidden(state: ListState): ListStep {
  const { phase } = state;
  const resting: ListState = { ...state, phase: { name: "hidden" } };
  if (phase.name === "waiting") return step(resting);
  // A page that was opened in the background has its first list.
  if (phase.name !== "asking" || !state.known) return step(state);
  return step(resting, { type: "cancel", id: phase.id });
}

function tick(state: ListState, moment: Moment): ListStep {
  const { phase } = state;
  if (phase.name === "waiting" && moment.nowMs >= phase.untilMs) return ask(state, moment);
  if (phase.name !== "asking" || moment.nowMs < phase.deadlineMs) return step(state);
  const late = failed(state, moment);
  return { ...late, effects: [{ type: "cancel", id: phase.id }, ...late.effects] };
}
