/** A log that has taken nothing for so long is quiet: a lone batch need not look out for others. */
const QUIET_MS = 5;

/** A commit that weighs so much takes some ms. */
const LONG_WEIGHT = 100;

export interface AppendBatcherDeps<Batch, Outcome> {
  /** Appends the batches in one commit and gives each its outcome, in their order. Synchronous. */
  appendAll: (batches: readonly Batch[]) => Outcome[];
  /** One turn of the event loop. */
  tick: () => Promise<void>;
  nowMs: () => number;
  /** Waits until something long may begin: see `Breath`. */
  breathe: () => Promise<void>;
  weigh: (batch: Batch) => number;
  /** Most weight of one commit; a heavier batch still goes, alone. */
  maxWeight: number;
}

interface Arrival<Batch, Outcome> {
  batch: Batch;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches that arrive together share one row and one commit. Each call to the host is a turn of its own, and each turn
 * that writes is a commit of its own, which on plain workerd is an fsync of 60 to 470 microseconds with everything else
 * standing still; so while a host is busy, a batch waits one turn for those that are here already. What is more than a commit
 * takes goes in the next turn: a commit over thousands of new rooms holds up everybody else.
 */
export class AppendBatcher<Batch, Outcome> {
  readonly #deps: AppendBatcherDeps<Batch, Outcome>;
  #waiting: Arrival<Batch, Outcome>[] = [];
  #lastAppendMs = Number.NEGATIVE_INFINITY;

  constructor(deps: AppendBatcherDeps<Batch, Outcome>) {
    this.#deps = deps;
  }

  /** Appends a batch, with whatever arrives in the same turn; throws what appending threw. */
  async append(batch: Batch): Promise<Outcome> {
    const { nowMs, tick, breathe } = this.#deps;
    const outcome = new Promise<Outcome>((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
    });
    if (this.#waiting.length === 1) {
      if (nowMs() - this.#lastAppendMs < QUIET_MS) await tick();
      if (this.#isLong) await breathe();
      this.#appendWaiting();
      while (this.#waiting.length > 0) {
        await tick();
        if (this.#isLong) await breathe();
        this.#appendWaiting();
      }
    }
    return outcome;
  }

  get #isLong(): boolean {
    const [first] = this.#waiting;
    return first !== undefined && this.#deps.weigh(first.batch) >= LONG_WEIGHT;
  }

  #appendWaiting(): void {
    const arrivals = this.#takeCommit();
    this.#lastAppendMs = this.#deps.nowMs();
    try {
      const outcomes = this.#deps.appendAll(arrivals.map(({ batch }) => batch));
      for (const [index, arrival] of arrivals.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) throw new Error("there are fewer outcomes than batches");
        arrival.resolve(outcome);
      }
    } catch (error) {
      for (const arrival of arrivals) arrival.reject(error);
    }
  }

  #takeCommit(): Arrival<Batch, Outcome>[] {
    const { weigh, maxWeight } = this.#deps;
    let weight = 0;
    const end = this.#waiting.findIndex(({ batch }, at) => {
      weight += weigh(batch);
      return at > 0 && weight > maxWeight;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }
}
