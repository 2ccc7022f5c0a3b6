/** Is it the disk of the rooms, or their share of it, that has no room? What SQLite and the runtime say of it. */
export function isStorageFull(error: unknown): boolean {
  return /SQLITE_FULL|No space left on device/.test(String(error));
}

/** While the disk is full it is tried once in so long a time, in ms. */
const TRY_EVERY_MS = 1_000;
/** A disk that fills again so soon is still the same story, and is not told again. In ms. */
const SAME_STORY_MS = 60_000;

export interface StorageWatchDeps {
  nowMs(): number;
  /** Writes as much as a large request would, and takes it away again: is there room? */
  tryToWrite(): Promise<boolean>;
  /** Told once an episode. */
  filled(detail: string): void;
  hasRoomAgain(): void;
}

/**
 * What an isolate knows of the disk under the rooms. A room that cannot write begins anew and its viewers with it, so once one
 * could not, the others are not asked: a trial write of one who asks says when there is room again.
 */
export class StorageWatch {
  readonly #deps: StorageWatchDeps;
  #sinceMs: number | null = null;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #isTold = false;
  #triedAtMs = 0;

  constructor(deps: StorageWatchDeps) {
    this.#deps = deps;
  }

  /** When writing failed first, in ms since the epoch; null where it does not fail. */
  get fullSinceMs(): number | null {
    return this.#sinceMs;
  }

  /** Something could not be written. */
  failed(detail: string): void {
    const nowMs = this.#deps.nowMs();
    if (this.#sinceMs !== null) return;
    this.#sinceMs = nowMs;
    this.#triedAtMs = nowMs;
    this.#isTold = isLongAgo(nowMs, this.#toldAtMs, SAME_STORY_MS);
    if (!this.#isTold) return;
    this.#toldAtMs = nowMs;
    this.#deps.filled(detail);
  }

  /** Something went wrong that a full disk would explain: was it that? */
  async explains(detail: string): Promise<boolean> {
    if (this.#sinceMs === null && (await this.#deps.tryToWrite())) return false;
    this.failed(detail);
    return true;
  }

  /**
   * Is the disk full? Costs a trial write at most once a second, and nothing where all is well. Others do not wait for a
   * trial under way: the request that makes it may be ended by its client.
   */
  async isFull(): Promise<boolean> {
    const { nowMs, tryToWrite, hasRoomAgain } = this.#deps;
    if (this.#sinceMs === null || !isLongAgo(nowMs(), this.#triedAtMs, TRY_EVERY_MS)) {
      return this.#sinceMs !== null;
    }
    this.#triedAtMs = nowMs();
    if (!(await tryToWrite())) return true;
    if (this.#sinceMs !== null && this.#isTold) hasRoomAgain();
    this.#sinceMs = null;
    return false;
  }
}

/** Also where the clock was turned back. */
function isLongAgo(nowMs: number, thenMs: number, ms: number): boolean {
  return nowMs < thenMs || nowMs - thenMs >= ms;
}
