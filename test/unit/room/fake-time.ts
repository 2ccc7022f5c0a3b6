/** A clock and timers that move only when told. `turnBack` moves the clock alone: timers run on elapsed time. */
export class FakeTime {
  #elapsedMs = 0;
  #startMs = 1_700_000_000_000;
  #timers: { atMs: number; fire: () => void }[] = [];

  readonly nowMs = (): number => this.#startMs + this.#elapsedMs;

  readonly wait = (ms: number): Promise<void> =>
    new Promise((fire) => this.#timers.push({ atMs: this.#elapsedMs + ms, fire }));

  turnBack(ms: number): void {
    this.#startMs -= ms;
  }

  /** The process died: nothing that waited goes on. */
  forgetTimers(): void {
    this.#timers = [];
  }

  /** Lets time pass until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    void work.finally(() => {
      isDone = true;
    });
    await settle();
    while (!isDone) await this.pass(1_000);
    return work;
  }

  /** Lets one of the timers fire that are due now. */
  async turn(): Promise<void> {
    await settle();
    this.#timers.sort((a, b) => a.atMs - b.atMs);
    const [next] = this.#timers;
    if (next === undefined || next.atMs > this.#elapsedMs) return;
    this.#timers.shift();
    next.fire();
    await settle();
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await settle();
    for (;;) {
      this.#timers.sort((a, b) => a.atMs - b.atMs);
      const [next] = this.#timers;
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.shift();
      this.#elapsedMs = next.atMs;
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
