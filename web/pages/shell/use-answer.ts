import { type Inputs, useEffect, useState } from "preact/hooks";
import type { Answer, Failure } from "../../feed/api.ts";
import { keepAsking } from "../../feed/keep-asking.ts";
import type { Desk } from "./desk.ts";

/** What the server has said last, and what keeps it from saying more. Both null: nothing has come yet. */
export interface Answered<T> {
  value: T | null;
  failure: Failure | null;
}

/**
 * Asks while the page is shown, and begins anew where `inputs` change. Where the token changes it asks again, and what it knew
 * stays. `ask` null: there is nothing to ask. `againMs`: after an
 * answer it is asked anew, in ms; null: never.
 */
export function useAnswer<T>(
  desk: Desk,
  ask: (() => Promise<Answer<T>>) | null,
  againMs: (value: T) => number | null,
  inputs: Inputs,
): Answered<T> {
  const [answered, setAnswered] = useState<Answered<T>>({ value: null, failure: null });
  useEffect(() => setAnswered({ value: null, failure: null }), inputs);
  useEffect(() => {
    if (ask === null) return;
    return keepAsking({
      ...{ clock: desk.clock, ask, againMs, onAnswer: setAnswered },
      isVisible: () => document.visibilityState === "visible",
      onUnauthorized: desk.onUnauthorized,
    });
  }, [...inputs, desk.renewals]);
  return answered;
}
