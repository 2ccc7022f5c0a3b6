/** Keys are looked through for old ones when there are so many, or twice as many as were left last time. */
const FORGET_AT = 10_000;

/** Connects by key (a token's digest, or an address) in the last minute; memory only (SPEC L-3). */
export class ConnectLimit {
  readonly #perMinute: number;
  readonly #recent = new Map<string, number[]>();
  #forgetAt = FORGET_AT;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts a connect. Null where it is within the limit, else the seconds until it would be. */
  admit(key: string, nowMs: number): number | null {
    if (this.#perMinute === 0) return null;
    const since = nowMs - 60_000;
    // What is later than now was counted before the clock was turned back, and nobody knows how long ago.
    const times = (this.#recent.get(key) ?? []).filter((at) => at > since && at <= nowMs);
    const [oldest] = times;
    if (times.length >= this.#perMinute && oldest !== undefined) {
      return Math.ceil((oldest - since) / 1_000);
    }
    times.push(nowMs);
    this.#recent.set(key, times);
    if (this.#recent.size > this.#forgetAt) this.#forget(since);
    return null;
  }

  #forget(since: number): void {
    for (const [key, times] of this.#recent) {
      if ((times.at(-1) ?? 0) <= since) this.#recent.delete(key);
    }
    this.#forgetAt = Math.max(FORGET_AT, this.#recent.size * 2);
  }
}
