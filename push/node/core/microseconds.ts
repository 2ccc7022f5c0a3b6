import type { Moment } from "../kinds.ts";

/** So far, in ms, the two clocks may be apart before the wall clock is believed. */
const MOST_DRIFT_MS = 2;

/**
 * A wall clock in microseconds that never gives the same moment twice: two points of one series at one microsecond would be one.
 * `wallMs` is the time of day in ms, `steadyMs` goes on evenly with parts of a ms.
 */
export function microsecondClock(wallMs: () => number, steadyMs: () => number): () => number {
  let anchorMs = wallMs() - steadyMs();
  let lastUs = 0;
  return () => {
    const wall = wallMs();
    let ms = anchorMs + steadyMs();
    if (Math.abs(ms - wall) > MOST_DRIFT_MS) {
      anchorMs += wall - ms;
      ms = wall;
    }
    let nowUs = Math.floor(ms * 1_000);
    // A clock that was set back by more than a second is followed.
    if (nowUs <= lastUs && lastUs < nowUs + 1_000_000) nowUs = lastUs + 1;
    lastUs = nowUs;
    return nowUs;
  };
}

/** A moment as it is posted: microseconds, or a text for the server to read. */
export function posted(moment: Moment): number | string {
  if (moment instanceof Date) return moment.getTime() * 1_000;
  return typeof moment === "bigint" ? Number(moment) : moment;
}
