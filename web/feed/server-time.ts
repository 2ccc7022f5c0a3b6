const KEY = "edgetape.clock-ahead";
/** A clock that differs by less is as good as right: dates are told in seconds, and an answer has been on its way. */
const FAR_MS = 30_000;
/** Of an answer that took longer it is not known when it was made. */
const LONGEST_MS = 5_000;
/** Nothing begins anew twice within this time of the server, whatever the device's clock says. */
const REST_MS = 60_000;

export interface ServerTimeDeps {
  /** The device's clock, ms since the epoch. */
  wallMs(): number;
  /** Where it is kept over a reload. Asked for each time, for a browser that keeps nothing throws. */
  store(): Pick<Storage, "getItem" | "setItem">;
  /** Loads the page again. */
  beginAnew(): void;
}

/**
 * What time it is at the server, by the dates of its answers: prices bear that time, and a device whose clock is an hour ahead would call them
 * old, and ask for ranges that lie in the future. What was begun by a wrong clock has deadlines of that clock, so the page begins anew once.
 */
export function serverTime({ wallMs, store, beginAnew }: ServerTimeDeps) {
  /** By how much the device is ahead, and when that was found, by the server's clock. */
  const [aheadMs, foundMs] = read();
  let hasBegun = false;
  return {
    nowMs: () => wallMs() - aheadMs,
    /** An answer bears this date, to what was asked at `askedAtMs` by the device's clock. */
    hear(date: string | null, askedAtMs: number): void {
      const atMs = Date.parse(date ?? "");
      const tookMs = wallMs() - askedAtMs;
      // Not so for a date that is none.
      const isTold = Math.abs(atMs - foundMs) >= REST_MS && tookMs >= 0 && tookMs <= LONGEST_MS;
      const nowAheadMs = wallMs() - atMs;
      if (hasBegun || !isTold || Math.abs(nowAheadMs - aheadMs) < FAR_MS) return;
      hasBegun = keep([Math.abs(nowAheadMs) < FAR_MS ? 0 : nowAheadMs, atMs]);
      if (hasBegun) beginAnew();
    },
  };

  function read(): readonly [number, number] {
    try {
      const [ahead, found] = JSON.parse(store().getItem(KEY) ?? "") as [number, number];
      return [ahead, found];
    } catch {
      return NOTHING;
    }
  }

  function keep(found: [number, number]): boolean {
    try {
      store().setItem(KEY, JSON.stringify(found));
      return true;
    } catch {
      return false;
    }
  }
}

const NOTHING = [0, 0] as const;
