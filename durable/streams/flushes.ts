/** What may have something to send. */
export interface Flushed {
  flush(): void;
}

export interface FlushesDeps {
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/** A stream that was sent something is left alone so long, in ms: what comes meanwhile goes out together. */
const REST_MS = 10;

/**
 * Sends what streams have to say: at once in a quiet one, behind all that came in the same turn; joined where one is busy, for a message
 * costs the runtime the same whatever is in it.
 */
export class Flushes<Each extends Flushed> {
  readonly #deps: FlushesDeps;
  readonly #due = new Set<Each>();
  readonly #flushedMs = new WeakMap<Each, number>();
  #isRunning = false;

  constructor(deps: FlushesDeps) {
    this.#deps = deps;
  }

  add(one: Each): void {
    this.#due.add(one);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#deps.keepAwake(this.#run());
  }

  drop(one: Each): void {
    this.#due.delete(one);
  }

  async #run(): Promise<void> {
    const { nowMs, wait } = this.#deps;
    // Behind all else that happens now.
    await Promise.resolve();
    try {
      while (this.#due.size > 0) {
        const atMs = nowMs();
        let nextMs = REST_MS;
        for (const one of [...this.#due]) {
          const sinceMs = atMs - (this.#flushedMs.get(one) ?? Number.NEGATIVE_INFINITY);
          // One that was flushed later than now was so before the clock was turned back.
          if (sinceMs >= 0 && sinceMs < REST_MS) {
            nextMs = Math.min(nextMs, REST_MS - sinceMs);
            continue;
          }
          this.#due.delete(one);
          this.#flushedMs.set(one, atMs);
          one.flush();
        }
        if (this.#due.size > 0) await wait(nextMs);
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
