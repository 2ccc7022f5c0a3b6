export interface BreathClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

/** So long after something that took long the next such thing may begin, in ms. */
const BREATH_MS = 1;
/** What took so long together, in ms, is followed by a rest. A request that is short waits for about as much. */
const BUSY_MS = 8;
/** Looks at the network that make a rest: to accept a connection, read from it, ask and answer take one each. */
const LOOKS = 3;
/** Nobody waits more often: others may always be first, and a clock may stand still. */
const MOST_WAITS = 20;

/**
 * Keeps what takes long apart, for the sake of everybody else on the thread. The runtime looks at the network where nothing is left
 * to do: four posts of 500 new symbols that are read, appended and answered one behind the other are 150 ms in which nobody else is
 * heard. Whoever has something long to do waits for his timer where something long has just been done, and the runtime looks at
 * the network before that. A request needs several such looks, and between each two of them another post had its turn; so all who
 * do something long have one budget of time, and after it nobody begins for as many looks as a request needs. Where nobody else
 * has anything long to do it costs nothing.
 */
export class Breath {
  readonly #clock: BreathClock;
  #freeAtMs = Number.NEGATIVE_INFINITY;
  /** Since the last rest, and when the last of it ended. */
  #busyMs = 0;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  /** How often something long has begun. */
  #begun = 0;

  constructor(clock: BreathClock) {
    this.#clock = clock;
  }

  /** Resolves where something long may begin. It is for the caller to say `worked` where he has done it. */
  async take(): Promise<void> {
    let seen = this.#begun;
    let looks = 0;
    for (let waits = 0; waits < MOST_WAITS; waits += 1) {
      if (this.#begun !== seen) looks = 0;
      seen = this.#begun;
      // Others have been heard since, by this one's timer or without anybody who waited.
      if (looks >= LOOKS || this.#sinceMs(this.#endedAtMs) > LOOKS * BREATH_MS) this.#busyMs = 0;
      if (this.#busyMs < BUSY_MS && this.#isFree()) break;
      await this.#clock.wait(BREATH_MS);
      looks += 1;
    }
    this.#begin();
  }

  /** Between two slices of something long: whoever else waits gets his turn. */
  pause(): Promise<void> {
    this.worked();
    return this.take();
  }

  /** Something long has just been done, or goes on. */
  worked(): void {
    this.#freeAtMs = this.#clock.nowMs() + BREATH_MS;
  }

  #begin(): void {
    this.#begun += 1;
    this.worked();
    const beganAtMs = this.#clock.nowMs();
    // The next look at the network comes when it is over. Where the request ends with it, nothing is counted.
    void this.#clock.wait(BREATH_MS).then(() => {
      this.#endedAtMs = this.#clock.nowMs();
      this.#busyMs += Math.max(0, this.#endedAtMs - beganAtMs - BREATH_MS);
    });
  }

  #isFree(): boolean {
    const leftMs = this.#freeAtMs - this.#clock.nowMs();
    // More than that lies ahead where the clock was turned back.
    return leftMs <= 0 || leftMs > BREATH_MS;
  }

  /** Infinity where the clock was turned back. */
  #sinceMs(atMs: number): number {
    const sinceMs = this.#clock.nowMs() - atMs;
    return sinceMs < 0 ? Number.POSITIVE_INFINITY : sinceMs;
  }
}
