import type { Moment } from "../kinds.ts";
/**
 * A wall clock in microseconds that never gives the same moment twice: two points of one series at one microsecond would be one.
 * `wallMs` is the time of day in ms, `steadyMs` goes on evenly with parts of a ms.
 */
export declare function microsecondClock(wallMs: () => number, steadyMs: () => number): () => number;
/** A moment as it is posted: microseconds, or a text for the server to read. */
export declare function posted(moment: Moment): number | string;
