import type { Clock } from "./clock.ts";

/** What runs at once when it is asked for, and not again within its time. */
export interface Paced {
  ask(): void;
  stop(): void;
}

/**
 * Paces `run`: whoever asks within `everyMs` of a run gets one run together, at the end of that time. Without such a time each ask is a run at
 * once, in its own turn: parts of a page that paint in one frame show the same.
 */
export function paced(clock: Pick<Clock, "setTimer">, run: () => void, everyMs: number): Paced {
  if (everyMs === 0) return { ask: run, stop: () => undefined };
  let cancel: (() => void) | null = null;
  let isAsked = false;
  return {
    ask() {
      isAsked = true;
      if (cancel === null) begin();
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };

  function begin(): void {
    isAsked = false;
    cancel = clock.setTimer(() => {
      cancel = null;
      if (isAsked) begin();
    }, everyMs);
    run();
  }
}
