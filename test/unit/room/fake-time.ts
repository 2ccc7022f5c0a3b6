/**
 * A clock and timers that move only when told. `turnBack` moves the clock alone. `wait` runs on elapsed time, for tests; `setTimer`
 * as the runtime's timers do, each of which is due at a time of the wall clock whatever that does meanwhile.
 */
export class FakeTime {
  #elapsedMs = 0;
  #startMs = 1_700_000_000_000;
  #timers: { elapsedMs: () => number; fire: () => void }[] = [];

  readonly nowMs = (): number => this.#startMs + this.#elapsedMs;

  readonly wait = (ms: number): Promise<void> => {
    const atMs = this.#elapsedMs + ms;
    return new Promise((fire) => this.#timers.push({ elapsedMs: () => atMs, fire }));
  };

  readonly setTimer = (fire: () => void, ms: number): (() => void) => {
    const atMs = this.nowMs() + ms;
    const timer = { elapsedMs: () => atMs - this.#startMs, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  turnBack(ms: number): void {
    this.#startMs -= ms;
  }

  /** The process died: nothing that waited goes on. */
  forgetTimers(): void {
    this.#timers = [];
  }

  /** Lets time pass in steps until the work is done. */
  async until<T>(work: Promise<T>, stepMs = 1_000): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    await settle();
    while (!isDone) await this.pass(stepMs);
    return work;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await settle();
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.elapsedMs() - b.elapsedMs())[0];
      if (next === undefined || next.elapsedMs() > untilMs) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.elapsedMs());
      next.fire();
      await settle();
    }
    this.#elapsedMs = untilMs;
  }
}

/** Everything that waits for a promise goes on: microtasks run to their end before the event loop turns. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
