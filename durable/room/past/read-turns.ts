/** Reads of Postgres under way at once in one object. It may have six connections, and the outbox needs some of them. */
const READS_AT_ONCE = 4;

/** Lets a few reads run at once, and the others wait their turn, in the order they came. */
export class ReadTurns {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce = READS_AT_ONCE) {
    this.#atOnce = atOnce;
  }

  /** Runs `read` at its turn. */
  async take<Found>(read: () => Promise<Found>): Promise<Found> {
    if (this.#running < this.#atOnce) this.#running += 1;
    // Whoever ends gives its place to the one that has waited longest.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
