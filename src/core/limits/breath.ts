export interface BreathClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

/** So long after something that took long the next such thing may begin, in ms. */
const BREATH_MS = 1;
/** Nobody waits more often: others may always be first, and a clock may stand still. */
const MOST_WAITS = 20;

/**
 * Keeps what takes long apart, for the sake of everybody else on the thread. The runtime looks at the network where nothing is left
 * to do: four posts of 500 new symbols that are read, appended and answered one behind the other are 150 ms in which nobody else is
 * heard. Whoever has something long to do waits for his timer where something long has just been done, and the runtime looks at
 * the network before that. Where nobody else has anything long to do it costs nothing.
 */
export class Breath {
  readonly #clock: BreathClock;
  #freeAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: BreathClock) {
    this.#clock = clock;
  }

  /** Resolves where something long may begin. It is for the caller to say `worked` where he has done it. */
  async take(): Promise<void> {
    for (let waits = 0; waits < MOST_WAITS; waits += 1) {
      const leftMs = this.#freeAtMs - this.#clock.nowMs();
      // More than that lies ahead where the clock was turned back.
      if (leftMs <= 0 || leftMs > BREATH_MS) break;
      await this.#clock.wait(BREATH_MS);
    }
    this.worked();
  }

  /** Between two slices of something long: whoever else waits gets his turn. */
  pause(): Promise<void> {
    this.worked();
    return this.take();
  }

  /** Something long has just been done, or goes on. */
  worked(): void {
    this.#freeAtMs = this.#clock.nowMs() + BREATH_MS;
  }
}
