/** After a part the next one gathers for so long, in ms. */
const GATHER_MS = 100;
/** So long where appends come again and again, in ms. */
const PACE_MS = 1_000;
/** What comes this soon after a part comes again and again, in ms. */
const SOON_MS = PACE_MS / 2;
/** So many rests in a row have their timers. */
const TIMED_RESTS = 3;
/** An alarm costs what an object costs that is kept awake for about so long, in ms. */
const LONGEST_TIMER_MS = 1_000;

interface Pause {
  kind: "gather" | "backoff";
  fromMs: number;
  ms: number;
  isTimed: boolean;
}

/**
 * When the next part may go. The first event after a while never waits. Behind a part the next gathers until it is worth a call,
 * because with 60 posts a second the calls to the Writer would cost more than the appends: for 100 ms by a timer, so that what a
 * burst has left is not late. But a pending timer keeps the object awake, which is billed. Where appends come again and again
 * the next comes by itself, so there is no timer, and one part a second: it goes with the first append after that, or by the
 * host's alarm where none comes. So do second tries that are far off.
 */
export class Rest {
  #pause: Pause | null = null;
  #restsInARow = 0;
  #cameSoon = false;

  /** A part was stored, no other is under way, and what there is by now is not worth a call. */
  gather(nowMs: number): void {
    this.#restsInARow = this.#cameSoon ? this.#restsInARow + 1 : 1;
    this.#cameSoon = false;
    const isTimed = this.#restsInARow <= TIMED_RESTS;
    const ms = isTimed ? GATHER_MS : PACE_MS;
    this.#pause = { kind: "gather", fromMs: nowMs, ms, isTimed };
  }

  /** A part was stored, and more is under way or worth it. */
  none(): void {
    this.#restsInARow = 0;
    this.#pause = null;
  }

  /** Its timer has run out. */
  over(): void {
    this.#pause = null;
  }

  /** A part could not be stored. */
  backOff(nowMs: number, ms: number): void {
    this.#pause = { kind: "backoff", fromMs: nowMs, ms, isTimed: ms <= LONGEST_TIMER_MS };
  }

  /** What gathers goes now: somebody waits for it, or it is worth it. */
  hurry(): void {
    if (this.#pause?.kind === "gather") this.#pause = null;
  }

  /** There is something to store. How long does it wait? `isTimed`: by a timer, else for whoever comes then. */
  left(nowMs: number): { ms: number; isTimed: boolean } {
    if (this.#pause === null) return { ms: 0, isTimed: true };
    const { kind, fromMs, ms, isTimed } = this.#pause;
    const elapsedMs = nowMs - fromMs;
    if (kind === "gather" && elapsedMs < SOON_MS) this.#cameSoon = true;
    // Less than nothing where the clock was turned back.
    return { ms: elapsedMs < 0 ? 0 : Math.max(0, ms - elapsedMs), isTimed };
  }
}
