/** Latencies in microseconds, kept whole: quantiles are exact. */
export class Samples {
  #values = new Float64Array(4_096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  clear(): void {
    this.#length = 0;
  }

  summary(): LatencySummary {
    const sorted = this.#values.slice(0, this.#length).sort();
    const at = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
    return {
      count: sorted.length,
      p50Ms: at(0.5) / 1_000,
      p90Ms: at(0.9) / 1_000,
      p99Ms: at(0.99) / 1_000,
      maxMs: at(1) / 1_000,
    };
  }
}

export type LatencySummary = {
  count: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
};
