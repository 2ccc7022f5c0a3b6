import { settle } from "./fake-time.ts";

/**
 * A thread as a Worker has it: work takes time, its clock stands still within a turn, and a timer comes when the work before it is
 * done. A turn of the event loop takes a millisecond.
 */
export class BusyThread {
  nowMs = 0;
  #busyMs = 0;
  #timers: { atMs: number; fire: () => void }[] = [];

  /** Does work; returns when it will be done. */
  work(ms: number): number {
    this.#busyMs += ms;
    return this.nowMs + this.#busyMs;
  }

  readonly wait = (ms: number): Promise<void> =>
    new Promise((fire) => this.#timers.push({ atMs: this.nowMs + Math.max(1, ms), fire }));

  /** Something from outside, which has its turn like a timer. */
  at(atMs: number, fire: () => void): void {
    this.#timers.push({ atMs, fire });
  }

  async run(): Promise<void> {
    for (;;) {
      await settle();
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) return;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.nowMs = Math.max(this.nowMs + this.#busyMs, next.atMs);
      this.#busyMs = 0;
      next.fire();
    }
  }
}
