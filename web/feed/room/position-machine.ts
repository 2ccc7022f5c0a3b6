import type { PositionsAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Frame } from "../../data/bars/join.ts";
import { addPositions, NO_POSITIONS, type Positions } from "../../data/tables/positions.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { type FeedEffect, mark } from "../feed-deps.ts";
import { type Machine, type Step, step } from "../machine.ts";
import { asked, isDue, NOTHING_ASKED, onAnswer, type Question, wakeOf } from "../question.ts";

const RETRY_MS = 5_000;

interface PositionState {
  positions: Positions;
  question: Question;
}

export type PositionMessage =
  /** After a gap too: what was missed may be a position. */
  | { type: "load" }
  | { type: "answered"; id: number; answer: Answer<PositionsAnswer> }
  | { type: "frame"; frame: Frame };

export type PositionEffect = FeedEffect | { type: "ask"; id: number };

export const NO_POSITIONS_YET: PositionState = {
  positions: NO_POSITIONS,
  question: NOTHING_ASKED,
};

/** The newest position of each account: in whatever order they come, that of its own newest time stays. */
export const positionMachine: Machine<PositionState, PositionMessage, PositionEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "answered":
        return onAnswer(state, message, nowMs + RETRY_MS, (settled, { positions }) =>
          add(settled, positions),
        );
      case "frame": {
        const fresh = message.frame.events.filter((event) => event.kind === "position");
        return fresh.length === 0 ? step(state) : add(state, fresh);
      }
      case "tick":
        return isDue(state.question, nowMs) ? load(state) : step(state);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ question }) => wakeOf(question),
};

function load(state: PositionState): Step<PositionState, PositionEffect> {
  const question = asked(state.question);
  return step({ ...state, question }, { type: "ask", id: question.id });
}

function add(
  state: PositionState,
  fresh: Parameters<typeof addPositions>[1],
): Step<PositionState, PositionEffect> {
  const positions = addPositions(state.positions, fresh);
  return step({ ...state, positions }, mark(DIRTY.positions));
}
