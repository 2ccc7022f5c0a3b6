import type { Env } from "../bindings/env.ts";
import type { SymbolName } from "../protocol/symbol.ts";

const RATE_WINDOW_MS = 1_000;

/** What the sockets with which one viewer waits for one symbol have in common (SPEC L-2, L-6). */
export class WaitingHolder {
  sockets = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #messages = 0;

  /** A message more. @returns how many there were in this second. */
  countMessage(nowMs: number): number {
    // A second that began later than now began before the clock was turned back.
    if (nowMs < this.#sinceMs || nowMs - this.#sinceMs >= RATE_WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#messages = 0;
    }
    this.#messages += 1;
    return this.#messages;
  }
}

/** Who waits in this isolate, and for what. What waits elsewhere is not known here: each isolate has the limits. */
class WaitingHolders {
  readonly #known = new Map<string, WaitingHolder>();

  /** @param viewerKey as in a join; who is not known has this one socket alone. */
  of(symbol: SymbolName, viewerKey: string | null): WaitingHolder {
    return this.#known.get(`${symbol} ${viewerKey}`) ?? new WaitingHolder();
  }

  /** A socket more. @returns what takes it away again. */
  enter(holder: WaitingHolder, symbol: SymbolName, viewerKey: string | null): () => void {
    holder.sockets += 1;
    if (viewerKey === null) return () => undefined;
    const key = `${symbol} ${viewerKey}`;
    this.#known.set(key, holder);
    let isHere = true;
    return () => {
      if (!isHere) return;
      isHere = false;
      holder.sockets -= 1;
      if (holder.sockets === 0) this.#known.delete(key);
    };
  }
}

const holders = new WeakMap<Env, WaitingHolders>();

export function waitingHoldersOf(env: Env): WaitingHolders {
  let found = holders.get(env);
  if (found === undefined) {
    found = new WaitingHolders();
    holders.set(env, found);
  }
  return found;
}
