import type { Cursor, EpochUs } from "../../protocol/words/time.ts";

/** The cursors of one row of a log: frame `i` has cursor `first + i`, the last one `last`. */
export interface CursorRange {
  first: Cursor;
  last: Cursor;
}

/**
 * The next `count` cursors of a log whose newest is `head` (SPEC C-1): the wall clock, or `head + 1` where the clock
 * stands still or has gone back. Strictly increasing whatever the clock does.
 */
export function allocateCursors(head: Cursor, nowUs: EpochUs, count: number): CursorRange {
  const first = Math.max(nowUs, head + 1);
  return { first: first as Cursor, last: (first + count - 1) as Cursor };
}
