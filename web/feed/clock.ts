/** What every part of the page takes its now and its timers from: one clock, handed in. */
export interface Clock {
  /** Ms since the epoch. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the function it returns calls it off. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
