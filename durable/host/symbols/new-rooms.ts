import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const MINUTE_MS = 60_000;

/** New symbols of the last minute by the holder of a token; memory only (SPEC L-23). */
export class NewRooms {
  readonly #perMinute: number;
  /** When each was admitted, the oldest first. */
  readonly #recent = new Map<string, Map<SymbolName, number>>();

  /** 0: no limit. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /**
   * Admits all of these or none. Null where they are, else the seconds after which they may be. What was admitted in the last
   * minute and is not known yet, as after a failure, counts once.
   */
  admit(holder: string, symbols: readonly SymbolName[], nowMs: number): number | null {
    if (this.#perMinute === 0) return null;
    this.#forget(nowMs);
    const recent = this.#recent.get(holder) ?? new Map<SymbolName, number>();
    const fresh = symbols.filter((symbol) => !recent.has(symbol));
    const surplus = recent.size + fresh.length - this.#perMinute;
    if (surplus > 0) return retryAfterS([...recent.values()], surplus, nowMs);
    for (const symbol of fresh) recent.set(symbol, nowMs);
    if (recent.size > 0) this.#recent.set(holder, recent);
    return null;
  }

  #forget(nowMs: number): void {
    for (const [holder, recent] of this.#recent) {
      for (const [symbol, atMs] of recent) {
        // What is later than now was counted before the clock was turned back, and nobody knows how long ago.
        if (atMs <= nowMs && nowMs - atMs < MINUTE_MS) break;
        recent.delete(symbol);
      }
      if (recent.size === 0) this.#recent.delete(holder);
    }
  }
}

/** Until so many of those admitted are older than a minute; of what will never fit in one, a minute. */
function retryAfterS(timesMs: readonly number[], surplus: number, nowMs: number): number {
  const lastMs = timesMs[surplus - 1] ?? nowMs;
  return Math.max(1, Math.ceil((lastMs + MINUTE_MS - nowMs) / 1_000));
}
