import type { Clock } from "./clock.ts";

/** Between two looks for a server that is away: half a second at first, three at most. */
const SHORTEST_MS = 500;
const LONGEST_MS = 2_000;
/** Where the server is well and the page still does not get through, it is not pressed: connects are counted. */
const LONGEST_WELL_MS = 30_000;

export interface ServerWatchDeps extends Clock {
  random(): number;
  /** Whether the server answers that it is alive. */
  isAlive(): Promise<boolean>;
  isVisible(): boolean;
}

export type ServerWatch = ReturnType<typeof createServerWatch>;

/**
 * Looks for a server that is away, with a request that costs next to nothing, and tells when it is back: so nobody sits
 * out a wait that was chosen while it was gone.
 */
export function createServerWatch(deps: ServerWatchDeps) {
  const away = new Set<string>();
  const listeners = new Set<() => void>();
  let cancel: (() => void) | null = null;
  let looks = 0;
  let wellLooks = 0;

  return {
    /** Someone is cut off from the server, or no longer. */
    report(who: string, isAway: boolean): void {
      if (isAway) away.add(who);
      else away.delete(who);
      if (away.size === 0) rest();
      else if (cancel === null) wait();
    },
    /** Be told to try again at once; the function it returns ends that. */
    onRetry(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** A person asks. */
    retryNow(): void {
      for (const listener of listeners) listener();
    },
  };

  function rest(): void {
    cancel?.();
    cancel = null;
    looks = 0;
    wellLooks = 0;
  }

  function wait(): void {
    const ceilingMs =
      wellLooks > 0
        ? Math.min(LONGEST_WELL_MS, SHORTEST_MS * 4 ** wellLooks)
        : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** looks);
    looks += 1;
    cancel = deps.setTimer(() => void look(), ceilingMs * (0.5 + deps.random()));
  }

  async function look(): Promise<void> {
    if (deps.isVisible()) {
      const isAlive = await deps.isAlive();
      if (away.size === 0) return;
      wellLooks = isAlive ? wellLooks + 1 : 0;
      if (isAlive) for (const listener of listeners) listener();
    }
    if (away.size > 0) wait();
    else rest();
  }
}
