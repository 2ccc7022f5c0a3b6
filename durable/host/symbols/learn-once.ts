/** After a failure nobody tries again for so long, in ms. */
const TRY_AGAIN_MS = 1_000;

export interface LearnOnceDeps {
  isLearned(): boolean;
  /** Finds it out, so that `isLearned` says yes. */
  ask(): Promise<void>;
  nowMs(): number;
  /** Told of what `ask` rejects with; what it throws, whoever asked gets. */
  failed(error: unknown): void;
}

/** Something that is found out once, whoever asks first, and asked for again where that failed. */
export class LearnOnce {
  readonly #deps: LearnOnceDeps;
  #asking: Promise<void> | null = null;
  #tryAgainMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LearnOnceDeps) {
    this.#deps = deps;
  }

  /** Is it known? Finds it out where it is not; false where that cannot be done now. */
  async learn(): Promise<boolean> {
    const { isLearned, nowMs } = this.#deps;
    if (isLearned()) return true;
    const waitMs = this.#tryAgainMs - nowMs();
    // More than that lies ahead where the clock was turned back.
    if (this.#asking === null && waitMs > 0 && waitMs <= TRY_AGAIN_MS) return false;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
    return isLearned();
  }

  async #ask(): Promise<void> {
    const { ask, nowMs, failed } = this.#deps;
    try {
      await ask();
    } catch (error) {
      // What it throws is told to everybody who asks, and not to the first one alone.
      failed(error);
      this.#tryAgainMs = nowMs() + TRY_AGAIN_MS;
    }
  }
}
