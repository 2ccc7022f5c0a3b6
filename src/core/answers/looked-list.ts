/** Between two looks while what is looked at changes, in ms; while it does not, ever longer. */
const PACE_MS = [1_000, 1_000, 2_000, 4_000, 5_000] as const;
/** Whoever looks and has not said by then how it went is taken for gone, in ms. */
const LEASE_MS = 5_000;
/** Whoever waits for another's look asks again after so long, in ms. */
const LOOK_AGAIN_MS = 25;
/** The longest sleep of one who waits, in ms: a push wakes nobody, and is minded then. */
const SLEEP_MS = 1_000;

/** What a look has found. */
export interface Look<List> {
  list: List;
  /** When it began, in ms: what came since may not be in it. */
  atMs: number;
}

/** `look`: do so, and say how it went. `sleep`: then ask again. */
export type Turn<List> =
  | { kind: "found"; look: Look<List> }
  | { kind: "look" }
  | { kind: "sleep"; ms: number };

/**
 * One look at a time, for all who wait for a list to change, and ever fewer while it does not. Whoever waits asks for its turn by
 * its own timer: on Workers no request can be relied on to wake another.
 */
export class LookedList<List> {
  readonly #isSame: (one: List, other: List) => boolean;
  #newest: Look<List> | null = null;
  #sameInARow = 0;
  #lookingUntilMs: number | null = null;

  constructor(isSame: (one: List, other: List) => boolean) {
    this.#isSame = isSame;
  }

  /** `seen`: the look that was found last; null: any will do that is not old. */
  turn(nowMs: number, seen: Look<List> | null): Turn<List> {
    const newest = this.#newest;
    const paceMs = PACE_MS[Math.min(this.#sameInARow, PACE_MS.length - 1)] ?? 0;
    const ageMs = nowMs - (newest?.atMs ?? Number.NEGATIVE_INFINITY);
    // Of less than nothing where the clock was turned back.
    if (newest !== null && ageMs >= 0 && ageMs < paceMs) {
      if (newest !== seen) return { kind: "found", look: newest };
      return { kind: "sleep", ms: Math.min(paceMs - ageMs, SLEEP_MS) };
    }
    const isLooking = this.#lookingUntilMs !== null && nowMs < this.#lookingUntilMs;
    return isLooking ? { kind: "sleep", ms: LOOK_AGAIN_MS } : { kind: "look" };
  }

  /** Whoever has got the turn looks from now on. */
  begin(nowMs: number): void {
    this.#lookingUntilMs = nowMs + LEASE_MS;
  }

  found(look: Look<List>): void {
    this.#lookingUntilMs = null;
    const newest = this.#newest;
    if (newest !== null && this.#isSame(newest.list, look.list)) this.#sameInARow += 1;
    else this.#sameInARow = 0;
    this.#newest = look;
  }

  /** It could not look: the next one tries. */
  failed(): void {
    this.#lookingUntilMs = null;
  }

  /** Something came that the next look may find. */
  mayHaveChanged(): void {
    this.#sameInARow = 0;
  }
}
