import { type Book, changeBook } from "../../../src/core/books/book.ts";
import type { BookAnswer } from "../../../src/protocol/answers/answers.ts";
import type { Level } from "../../../src/protocol/events/book.ts";
import { arrived, type Frame, type Join, LOADING, take } from "../../data/bars/join.ts";
import type { Answer } from "../api.ts";
import { DIRTY } from "../dirty.ts";
import { type FeedEffect, mark } from "../feed-deps.ts";
import { type Machine, type Step, step } from "../machine.ts";
import { asked, isDue, NOTHING_ASKED, onAnswer, type Question, wakeOf } from "../question.ts";

const RETRY_MS = 5_000;

interface BookState {
  book: Book | null;
  join: Join;
  question: Question;
}

export type BookMessage =
  /** After a gap too: the changes in it are missing. Until the answer is there the old book is shown. */
  | { type: "load" }
  | { type: "answered"; id: number; answer: Answer<BookAnswer> }
  | { type: "frame"; frame: Frame };

export type BookEffect =
  | FeedEffect
  | { type: "ask"; id: number }
  /** Levels, new to the page. */
  | { type: "levels"; levels: readonly Level[] };

type BookStep = Step<BookState, BookEffect>;

export const NO_BOOK: BookState = { book: null, join: LOADING, question: NOTHING_ASKED };

/** The order book as the room has it, then every change that comes over the socket (SPEC D-7). */
export const bookMachine: Machine<BookState, BookMessage, BookEffect> = {
  reduce(state, message, { nowMs }) {
    switch (message.type) {
      case "load":
        return load(state);
      case "answered":
        return onAnswer(state, message, nowMs + RETRY_MS, place);
      case "frame": {
        const { join, fresh } = take(state.join, message.frame);
        return applied({ ...state, join }, fresh);
      }
      case "tick":
        return isDue(state.question, nowMs) ? load(state) : step(state);
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ question }) => wakeOf(question),
};

function load(state: BookState): BookStep {
  const question = asked(state.question);
  return step({ ...state, join: LOADING, question }, { type: "ask", id: question.id });
}

function place(state: BookState, answer: BookAnswer): BookStep {
  const joined = arrived(state.join, answer.cursor);
  if (joined === null) return load(state);
  const book = answer.book === null ? null : changeBook(null, answer.book);
  const live = applied({ ...state, book, join: joined.join }, joined.fresh);
  const levels = book === null ? [] : [...book.bids, ...book.asks];
  return step(live.state, { type: "levels", levels }, mark(DIRTY.book), ...live.effects);
}

function applied(state: BookState, frames: readonly Frame[]): BookStep {
  const changes = frames.flatMap(({ events }) => events.filter((event) => event.kind === "book"));
  if (changes.length === 0) return step(state);
  const book = changes.reduce(changeBook, state.book);
  const levels = changes.flatMap(({ bids, asks }) => [...bids, ...asks]);
  return step({ ...state, book }, { type: "levels", levels }, mark(DIRTY.book));
}
