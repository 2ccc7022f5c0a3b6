/** What the process of the guard has open that serves nobody. */
const OWN = 64;
/** Connections that ask nothing have so large a part; each takes one. The rest is for those that ask, which take two. */
const IDLE_SHARE = 1 / 4;
/** So large a part of the latter is kept for what is short: health and pushes. */
const SHORT_SHARE = 1 / 4;

/** How many connections the guard has at once. */
export interface GuardLimits {
  /** That ask nothing now. */
  idle: number;
  /** That have a request under way, viewers among them. */
  busy: number;
  /** That have a long one under way. */
  long: number;
}

/** What fits where the guard may have `limit` descriptors. */
export function guardLimits(limit: number): GuardLimits {
  const idle = Math.ceil(limit * IDLE_SHARE);
  const busy = Math.max(2, Math.floor((limit - OWN - idle) / 2));
  return { idle, busy, long: busy - Math.ceil(busy * SHORT_SHARE) };
}
