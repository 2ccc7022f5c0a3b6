/** Reads of Postgres under way at once in one object. It may have six connections, and the outbox needs some of them. */
const READS_AT_ONCE = 4;

/** Pages that the rooms of one object ask for at once: what of them is read together is one read. */
export const PAGES_AT_ONCE = 24;

interface Waiting {
  isAwaited: () => boolean;
  begin: () => void;
}

const ALWAYS = () => true;

/** Lets a few reads run at once, and the others wait their turn: first those that somebody waits for, and of each in the order they came. */
export class ReadTurns {
  readonly #atOnce: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #givenUp = 0;

  constructor(atOnce = READS_AT_ONCE) {
    this.#atOnce = atOnce;
  }

  /** Runs `read` at its turn. `isAwaited`: does somebody wait for what it finds now? */
  async take<Found>(read: () => Promise<Found>, isAwaited = ALWAYS): Promise<Found> {
    if (this.#running < this.#atOnce) this.#running += 1;
    // Whoever ends gives its place to the one that has waited longest.
    else await new Promise<void>((begin) => this.#waiting.push({ isAwaited, begin }));
    try {
      return await read();
    } finally {
      const next = this.#next();
      if (next === undefined) this.#running -= 1;
      else next.begin();
    }
  }

  /** Nobody's read can succeed now: those that wait for their turn need not try. */
  giveUp(): void {
    this.#givenUp += 1;
  }

  /** How often that was said. */
  get givenUp(): number {
    return this.#givenUp;
  }

  #next(): Waiting | undefined {
    const at = this.#waiting.findIndex(({ isAwaited }) => isAwaited());
    return at === -1 ? this.#waiting.shift() : this.#waiting.splice(at, 1)[0];
  }
}
