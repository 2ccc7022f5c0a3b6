import type { Inputs } from "preact/hooks";
import type { Answer } from "../../feed/api.ts";
import type { Desk } from "../shell/desk.ts";
import { type Answered, useAnswer } from "../shell/use-answer.ts";

/** An analysis is a question of many rows: it is asked anew so often, in ms. */
const AGAIN_MS = 30_000;

/** What the server has said last of an analysis; `ask` null: there is nothing to ask. */
export function useAnalysis<T>(
  desk: Desk,
  ask: (() => Promise<Answer<T>>) | null,
  inputs: Inputs,
): Answered<T> {
  return useAnswer(desk, ask, () => AGAIN_MS, [desk.api, ...inputs]);
}
