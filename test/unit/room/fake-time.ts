/** More steps than anything here needs. */
const MOST_STEPS = 10_000;

/**
 * A clock and timers that move only when told. `turnBack` moves the clock alone. `wait` runs on elapsed time, for tests; `setTimer`
 * as the runtime's timers do, each of which is due at a time of the wall clock whatever that does meanwhile.
 */
export class FakeTime {
  #elapsedMs = 0;
  #startMs = 1_700_000_000_000;
  #timers: { elapsedMs: () => number; fire: () => void; owner?: object | undefined }[] = [];

  readonly nowMs = (): number => this.#startMs + this.#elapsedMs;

  readonly wait = (ms: number): Promise<void> => {
    const atMs = this.#elapsedMs + ms;
    return new Promise((fire) => this.#timers.push({ elapsedMs: () => atMs, fire }));
  };

  readonly setTimer = (fire: () => void, ms: number, owner?: object): (() => void) => {
    const atMs = this.nowMs() + ms;
    const timer = { elapsedMs: () => atMs - this.#startMs, fire, owner };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  turnBack(ms: number): void {
    this.#startMs -= ms;
  }

  /** An owner of timers died: nothing that waited in it goes on. */
  forgetTimers(owner: object): void {
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** Lets time pass until the work is done; `step` is how. */
  async until<T>(work: Promise<T>, step = () => this.pass(1_000)): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    await settle();
    for (let steps = 0; !isDone; steps += 1) {
      if (steps > MOST_STEPS) throw new Error("what is waited for does not come");
      await step();
    }
    return work;
  }

  /** Lets the event loop turn until the work is done, which takes no time. */
  async untilTurned<T>(work: Promise<T>): Promise<T> {
    return this.until(work, () => this.turn());
  }

  /** Lets one of the timers fire that are due now. */
  async turn(): Promise<void> {
    await settle();
    await this.#fireNext(this.#elapsedMs);
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await settle();
    while (await this.#fireNext(untilMs));
    this.#elapsedMs = untilMs;
  }

  async #fireNext(untilMs: number): Promise<boolean> {
    const next = this.#timers.toSorted((a, b) => a.elapsedMs() - b.elapsedMs())[0];
    if (next === undefined || next.elapsedMs() > untilMs) return false;
    this.#timers = this.#timers.filter((one) => one !== next);
    this.#elapsedMs = Math.max(this.#elapsedMs, next.elapsedMs());
    next.fire();
    await settle();
    return true;
  }
}

/** Everything that waits for a promise goes on: microtasks run to their end before the event loop turns. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
