const KEY = "edgetape.clock-ahead";
/** A clock that differs by less is as good as right: dates are told in seconds, and an answer has been on its way. */
const FAR_MS = 30_000;
/** Of an answer that took longer it is not known when it was made. */
const LONGEST_MS = 5_000;
/** Nothing begins anew twice within this time of the server, nor more often than so many times in a tab, whatever clocks say. */
const REST_MS = 60_000;
const MOST_TIMES = 5;

export interface ServerTimeDeps {
  /** The device's clock, ms since the epoch. */
  wallMs(): number;
  /** Where it is kept over a reload. Asked for each time, for a browser that keeps nothing throws. */
  store(): Pick<Storage, "getItem" | "setItem">;
  /** Loads the page again. */
  beginAnew(): void;
}

interface Kept {
  aheadMs: number;
  /** By the server's clock. */
  atMs: number;
  times: number;
}

/**
 * What time it is at the server, by the dates of its answers: prices bear that time, and a device whose clock is an hour ahead would call them
 * old, and ask for ranges that lie in the future. What was begun by a wrong clock has deadlines of that clock, so the page begins anew once.
 */
export function serverTime({ wallMs, store, beginAnew }: ServerTimeDeps) {
  const kept = read();
  const aheadMs = kept?.aheadMs ?? 0;
  let hasBegun = false;
  return {
    nowMs: () => wallMs() - aheadMs,
    /** An answer bears this date, to what was asked at `askedAtMs` by the device's clock. */
    hear(date: string | null, askedAtMs: number): void {
      const atMs = date === null ? Number.NaN : Date.parse(date);
      const tookMs = wallMs() - askedAtMs;
      if (hasBegun || Number.isNaN(atMs) || tookMs < 0 || tookMs > LONGEST_MS) return;
      const nowAheadMs = wallMs() - atMs;
      if (Math.abs(nowAheadMs - aheadMs) < FAR_MS || isResting(atMs)) return;
      const isRight = Math.abs(nowAheadMs) < FAR_MS;
      const times = (kept?.times ?? 0) + 1;
      if (!keep({ aheadMs: isRight ? 0 : nowAheadMs, atMs, times })) return;
      hasBegun = true;
      beginAnew();
    },
  };

  function isResting(atMs: number): boolean {
    return kept !== null && (Math.abs(atMs - kept.atMs) < REST_MS || kept.times >= MOST_TIMES);
  }

  function read(): Kept | null {
    try {
      const { aheadMs: ahead, atMs, times } = JSON.parse(store().getItem(KEY) ?? "null") as Kept;
      return [ahead, atMs, times].every(Number.isFinite) ? { aheadMs: ahead, atMs, times } : null;
    } catch {
      return null;
    }
  }

  function keep(said: Kept): boolean {
    try {
      store().setItem(KEY, JSON.stringify(said));
      return true;
    } catch {
      return false;
    }
  }
}
