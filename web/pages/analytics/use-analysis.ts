import { type Inputs, useMemo } from "preact/hooks";
import { type Closes, closesOf, type LookedAt } from "../../feed/analytics/closes.ts";
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

/** The closes that an answer rests on, each symbol's asked for once. */
export function useCloses({ api }: Desk, { interval, from, to }: LookedAt): Closes {
  return useMemo(() => closesOf(api, { interval, from, to }), [api, interval, from, to]);
}
