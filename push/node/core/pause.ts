/** Backoff with full jitter between 0 and a ceiling that doubles, in ms. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** While the same trouble lasts, it is warned of so often, in ms. */
const WARN_EVERY_MS = 300_000;

/** Why nothing is sent for a while, and until when. The first answer that is another ends it. */
export interface Pause {
  untilMs: number;
  why: string | null;
  failures: number;
  /** The server said when to come again. */
  isAskedFor: boolean;
  warnedAtMs: number;
}

export const NO_PAUSE: Pause = {
  ...{ untilMs: 0, why: null, failures: 0, isAskedFor: false, warnedAtMs: 0 },
};

/** Once more in vain. `isNews` where that is worth a word. `random` is of [0, 1). */
export function prolonged(
  pause: Pause,
  trouble: { why: string; retryAfterMs: number },
  nowMs: number,
  random: number,
): { pause: Pause; isNews: boolean } {
  const isNews = pause.why === null || nowMs - pause.warnedAtMs > WARN_EVERY_MS;
  const failures = pause.failures + 1;
  const backoffMs = random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 16));
  return {
    isNews,
    pause: {
      untilMs: nowMs + Math.max(trouble.retryAfterMs, backoffMs),
      why: trouble.why,
      failures,
      isAskedFor: trouble.retryAfterMs > 0,
      warnedAtMs: isNews ? nowMs : pause.warnedAtMs,
    },
  };
}

/** What was away is tried at once; a server that said when to come again is not. */
export function cutShort(pause: Pause): Pause {
  return pause.isAskedFor ? pause : { ...pause, untilMs: 0 };
}
