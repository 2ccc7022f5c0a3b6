import type { Frame } from "../../data/bars/join.ts";
import type { Answer } from "../api.ts";
import type { Dirty } from "../dirty.ts";
import { type FeedEffect, mark } from "../feed-deps.ts";
import { type Machine, type Step, step } from "../machine.ts";
import { asked, isDue, NOTHING_ASKED, onAnswer, type Question, wakeOf } from "../question.ts";

const RETRY_MS = 5_000;

/** What a page holds of one kind of events: asked for once, then kept by the socket. */
export interface HeldState<Held> {
  held: Held;
  question: Question;
}

export type HeldMessage<Value> =
  /** After a gap too: what was missed may be of it. */
  | { type: "load" }
  | { type: "answered"; id: number; answer: Answer<Value> }
  | { type: "frame"; frame: Frame };

export type HeldEffect = FeedEffect | { type: "ask"; id: number };

/** How one kind is held. Answers and events may come in any order, and any number of times. */
export interface Holding<Held, Value> {
  /** `held` has what came live before the answer. */
  answered(held: Held, value: Value): Held;
  /** Null: nothing of the frame is of this kind. */
  framed(held: Held, frame: Frame): Held | null;
  dirty: Dirty;
}

export function initiallyHeld<Held>(held: Held): HeldState<Held> {
  return { held, question: NOTHING_ASKED };
}

export function heldMachine<Held, Value>({
  answered,
  framed,
  dirty,
}: Holding<Held, Value>): Machine<HeldState<Held>, HeldMessage<Value>, HeldEffect> {
  const hold = (state: HeldState<Held>, held: Held): Step<HeldState<Held>, HeldEffect> =>
    step({ ...state, held }, mark(dirty));
  const load = (state: HeldState<Held>): Step<HeldState<Held>, HeldEffect> => {
    const question = asked(state.question);
    return step({ ...state, question }, { type: "ask", id: question.id });
  };
  return {
    reduce(state, message, { nowMs }) {
      switch (message.type) {
        case "load":
          return load(state);
        case "answered":
          return onAnswer(state, message, nowMs + RETRY_MS, (settled, value) =>
            hold(settled, answered(settled.held, value)),
          );
        case "frame": {
          const held = framed(state.held, message.frame);
          return held === null ? step(state) : hold(state, held);
        }
        case "tick":
          return isDue(state.question, nowMs) ? load(state) : step(state);
        default:
          return message satisfies never;
      }
    },
    wakeMs: ({ question }) => wakeOf(question),
  };
}
