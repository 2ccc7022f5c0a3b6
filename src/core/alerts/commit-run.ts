/** Of a run those values that say something of now: each is not older than the newest before it. There is one at least. */
export interface InOrder {
  values: readonly number[];
  min: number;
  max: number;
  /** The newest one's own time. */
  ts: number;
}

/** What a commit brings of one series, or of one price: all of it came at one moment of the log. */
export class Run {
  readonly atUs: number;
  readonly #ts: number[] = [];
  readonly #values: number[] = [];
  /** What was found last: the alerts of a series have all heard the same before. */
  #found: { after: number | null; inOrder: InOrder | null } | null = null;

  constructor(atUs: number) {
    this.atUs = atUs;
  }

  static of(atUs: number, ts: number, value: number): Run {
    const run = new Run(atUs);
    run.add(ts, value);
    return run;
  }

  get length(): number {
    return this.#values.length;
  }

  add(ts: number, value: number): void {
    this.#ts.push(ts);
    this.#values.push(value);
    this.#found = null;
  }

  /** Null where all are older than `after`, the newest one of before; that is null where there was none. */
  inOrder(after: number | null): InOrder | null {
    if (this.#found?.after !== after) this.#found = { after, inOrder: this.#sift(after) };
    return this.#found?.inOrder ?? null;
  }

  #sift(after: number | null): InOrder | null {
    let newest = after ?? Number.NEGATIVE_INFINITY;
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const values: number[] = [];
    for (const [at, ts] of this.#ts.entries()) {
      const value = this.#values[at];
      if (value === undefined || ts < newest) continue;
      newest = ts;
      values.push(value);
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return values.length === 0 ? null : { values, min, max, ts: newest };
  }
}
