import type { Answer, Failure } from "./api.ts";
import { type Step, step } from "./machine.ts";

/** Where a feed is with what it asks the server; `id` tells an answer from that of a question before. */
export type Question =
  | { kind: "none"; id: number }
  | { kind: "asked"; id: number }
  /** It failed, and is asked again then. */
  | { kind: "again"; id: number; atMs: number };

export const NOTHING_ASKED: Question = { kind: "none", id: 0 };

export function asked({ id }: Question): Question {
  return { kind: "asked", id: id + 1 };
}

/** Called off, or answered: an answer that still comes is of no interest. */
export function settled({ id }: Question): Question {
  return { kind: "none", id: id + 1 };
}

export function isAnswered(question: Question, id: number): boolean {
  return question.kind === "asked" && question.id === id;
}

/**
 * What comes of an answer to the question of a state: `take` has its value, a failure is told, and of an answer that was overtaken
 * nothing comes.
 */
export function onAnswer<State extends { question: Question }, Value, Effect>(
  state: State,
  { id, answer }: { id: number; answer: Answer<Value> },
  retryAtMs: number,
  take: (state: State, value: Value) => Step<State, Effect>,
): Step<State, Effect | { type: "failed"; answer: Failure }> {
  const { question } = state;
  if (!isAnswered(question, id)) return step(state);
  if (answer.kind === "ok") return take({ ...state, question: settled(question) }, answer.value);
  const next = { ...state, question: afterFailure(question, answer, retryAtMs) };
  return step(next, { type: "failed" as const, answer });
}

/** It is asked again where that is of use. */
export function afterFailure({ id }: Question, failure: Failure, atMs: number): Question {
  return failure.kind === "failed" ? { kind: "again", id, atMs } : { kind: "none", id };
}

export function isDue(question: Question, nowMs: number): boolean {
  return question.kind === "again" && nowMs >= question.atMs;
}

export function wakeOf(question: Question): number {
  return question.kind === "again" ? question.atMs : Number.POSITIVE_INFINITY;
}
