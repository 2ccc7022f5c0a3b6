import type { Answer, Failure } from "./api.ts";
import type { Clock } from "./clock.ts";

export interface KeepAskingDeps<T> {
  clock: Clock;
  isVisible(): boolean;
  ask(): Promise<Answer<T>>;
  /** After an answer it is asked anew, in ms; null: what it says does not change. */
  againMs(value: T): number | null;
  /** `failure` null: `value` is what the server says now. Else it is what it said before, if it ever did. */
  onAnswer(answer: { value: T | null; failure: Failure | null }): void;
  /** `detail`: what the token may not. */
  onUnauthorized(detail?: string): void;
}

/** After a failure it waits so long, doubled each time up to the longest, in ms. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** A page that is hidden looks so often whether it still is, in ms. */
const HIDDEN_MS = 1_000;

/** Asks the server now and again while the page is visible. The function it returns ends that. */
export function keepAsking<T>(deps: KeepAskingDeps<T>): () => void {
  const { clock, isVisible, ask, againMs, onAnswer, onUnauthorized } = deps;
  let isOver = false;
  let cancel = () => {};
  let value: T | null = null;
  let failures = 0;

  const wait = (delayMs: number) => {
    cancel = clock.setTimer(() => void look(), delayMs);
  };
  const look = async (): Promise<void> => {
    if (!isVisible()) return wait(HIDDEN_MS);
    const answer = await ask();
    if (isOver) return;
    if (answer.kind === "ok") {
      failures = 0;
      value = answer.value;
      onAnswer({ value, failure: null });
      const delayMs = againMs(value);
      if (delayMs !== null) wait(delayMs);
      return;
    }
    // What is shown stays while another token is asked for, unless this one may not have it.
    const isEnded = answer.kind === "unauthorized" && answer.detail === undefined;
    if (!isEnded) onAnswer({ value, failure: answer });
    if (answer.kind === "unauthorized") return onUnauthorized(answer.detail);
    if (answer.kind !== "failed") return;
    failures += 1;
    wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)));
  };
  void look();
  return () => {
    isOver = true;
    cancel();
  };
}
