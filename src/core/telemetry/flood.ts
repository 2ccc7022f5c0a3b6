/** How many lines of a kind a second are written. */
export const MOST_LINES_PER_SECOND = 100;

const SECOND_MS = 1_000;

/** What a log says of lines that it leaves out. */
export type FloodNews =
  /** From here on lines of the kind are left out, until the second is over. */
  | { kind: "began"; of: string }
  /** So many were left out in the second that is over. */
  | { kind: "left out"; of: string; count: number };

/**
 * Lets so many lines of each kind through a second, and counts the others. It has no timer, which would keep an object awake: what was
 * left out is told with the first line of any kind after that second.
 */
export class FloodGate {
  readonly #most: number;
  #secondMs = Number.NEGATIVE_INFINITY;
  #counts = new Map<string, number>();
  /** Kinds of which lines were left out in the second before: that they still are is no news. */
  #flooding = new Set<string>();

  constructor(most: number = MOST_LINES_PER_SECOND) {
    this.#most = most;
  }

  /** A line of a kind at `nowMs`. Whether it is written, and what is to be said before it. */
  take(of: string, nowMs: number): { isWritten: boolean; news: readonly FloodNews[] } {
    // A clock that was set back begins a second too.
    const isOver = nowMs >= this.#secondMs + SECOND_MS || nowMs < this.#secondMs;
    const news = isOver ? this.#begin(nowMs) : [];
    const count = (this.#counts.get(of) ?? 0) + 1;
    this.#counts.set(of, count);
    if (count === this.#most + 1 && !this.#flooding.has(of)) news.push({ kind: "began", of });
    return { isWritten: count <= this.#most, news };
  }

  #begin(nowMs: number): FloodNews[] {
    const news: FloodNews[] = [];
    this.#flooding.clear();
    for (const [of, count] of this.#counts) {
      if (count <= this.#most) continue;
      news.push({ kind: "left out", of, count: count - this.#most });
      if (nowMs < this.#secondMs + 2 * SECOND_MS) this.#flooding.add(of);
    }
    this.#counts.clear();
    this.#secondMs = nowMs;
    return news;
  }
}
