import type { ZoneId } from "../data/times/times.ts";

/** What every part of the page takes its now, its timers and its chance from: one clock, handed in. */
export interface Clock {
  /** Ms since the epoch. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the function it returns calls it off. */
  setTimer(callback: () => void, delayMs: number): () => void;
  /** In [0, 1). */
  random(): number;
}

/** What pages are handed: now, and the zone whose clocks tell it. */
export interface DeskClock extends Clock {
  zone: ZoneId;
}

/** Calls back every `everyMs` until the function it returns is called. */
export function repeat(
  clock: Pick<Clock, "setTimer">,
  callback: () => void,
  everyMs: number,
): () => void {
  let cancel = clock.setTimer(again, everyMs);
  return () => cancel();

  function again(): void {
    cancel = clock.setTimer(again, everyMs);
    callback();
  }
}

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
