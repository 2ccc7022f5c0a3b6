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
  #isAscending = true;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** What was found last: the alerts of a series have all heard the same before. */
  #found: { after: number | null; inOrder: InOrder | null } | null = null;

  constructor(atUs: number) {
    this.atUs = atUs;
  }

  get length(): number {
    return this.#values.length;
  }

  add(ts: number, value: number): void {
    this.#isAscending &&= ts >= (this.#ts.at(-1) ?? ts);
    this.#ts.push(ts);
    this.#values.push(value);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#found = null;
  }

  /** Null where all are older than `after`, the newest one of before; that is null where there was none. */
  inOrder(after: number | null): InOrder | null {
    if (this.#found === null || this.#found.after !== after) {
      this.#found = { after, inOrder: this.#sift(after ?? Number.NEGATIVE_INFINITY) };
    }
    return this.#found.inOrder;
  }

  #sift(after: number): InOrder | null {
    const [first] = this.#ts;
    if (first === undefined) return null;
    if (this.#isAscending && first >= after) {
      const ts = this.#ts.at(-1) ?? first;
      return { values: this.#values, min: this.#min, max: this.#max, ts };
    }
    let newest = after;
    const values: number[] = [];
    for (const [at, ts] of this.#ts.entries()) {
      if (ts < newest) continue;
      newest = ts;
      values.push(this.#values[at] ?? Number.NaN);
    }
    if (values.length === 0) return null;
    return { values, min: lowest(values), max: -lowest(values.map((value) => -value)), ts: newest };
  }
}

function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value));
}
