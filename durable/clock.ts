import type { EpochUs } from "../src/protocol/words/time.ts";

export interface ClockDeps {
  nowMs: () => number;
  /** Calls back after so long; gives what calls that off. */
  setTimer: (callback: () => void, ms: number) => () => void;
}

interface Wait {
  dueMs: number;
  callOff: () => void;
  readonly fire: () => void;
}

/**
 * The clock of one object, and what waits in it. The runtime's timers wait for the wall clock to come to where they are due:
 * where it is turned back by an hour, a wait of 5 ms would take an hour. So whoever looks at this clock and finds it turned
 * back begins what waits anew; every call to an object looks.
 */
export class Clock {
  readonly #deps: ClockDeps;
  readonly #waits = new Set<Wait>();
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ClockDeps = RUNTIME) {
    this.#deps = deps;
  }

  readonly nowMs = (): number => {
    const nowMs = this.#deps.nowMs();
    if (nowMs < this.#latestMs) this.#beginAnew(nowMs);
    this.#latestMs = nowMs;
    return nowMs;
  };

  readonly nowUs = (): EpochUs => (this.nowMs() * 1_000) as EpochUs;

  readonly wait = (ms: number): Promise<void> => this.#start(ms).done;

  /** True once `work` is done, false after `ms`. It leaves no timer behind, for a timer keeps an object awake. */
  async within(work: Promise<unknown>, ms: number): Promise<boolean> {
    const late = this.#start(ms);
    try {
      return await Promise.race([work.then(() => true), late.done.then(() => false)]);
    } finally {
      late.wait.callOff();
      this.#waits.delete(late.wait);
    }
  }

  #start(ms: number): { wait: Wait; done: Promise<void> } {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const wait: Wait = {
      dueMs: this.nowMs() + ms,
      callOff: () => undefined,
      fire: () => {
        this.#waits.delete(wait);
        resolve();
      },
    };
    wait.callOff = this.#deps.setTimer(wait.fire, ms);
    this.#waits.add(wait);
    return { wait, done };
  }

  #beginAnew(nowMs: number): void {
    for (const wait of this.#waits) {
      const leftMs = Math.max(0, wait.dueMs - this.#latestMs);
      wait.callOff();
      wait.dueMs = nowMs + leftMs;
      wait.callOff = this.#deps.setTimer(wait.fire, leftMs);
    }
  }
}

const RUNTIME: ClockDeps = {
  // Not `Date.now` itself, so that a test may put another clock in its place.
  nowMs: () => Date.now(),
  setTimer: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
