import type { Clock } from "../../clock.ts";

/** Polls that wait for the next append. */
export class Pollers {
  readonly #clock: Pick<Clock, "within">;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Pick<Clock, "within">) {
    this.#clock = clock;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next append, or after `waitMs`. */
  async nextAppend(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    await this.#clock.within(promise, waitMs);
    this.#waiting.delete(resolve);
  }

  wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
