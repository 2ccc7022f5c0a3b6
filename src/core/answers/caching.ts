import { MAX_AHEAD_US } from "../time/timestamp.ts";

/** A range that ended so long ago is closed: clocks of producers may be off by what is allowed to be ahead, and a minute. */
const CLOSED_AFTER_US = MAX_AHEAD_US + 60_000_000;

export interface CachedRange {
  /** End of the range, in microseconds. */
  toUs: number;
  nowUs: number;
  /** The same answer is given to everyone: it was read without a token. */
  isPublic: boolean;
}

/**
 * Who may keep an answer, and how long without asking. Late events still change a closed range, so it is kept for
 * seconds only, for many readers of one chart; an open one is asked for every time.
 */
export function cacheControlOf({ toUs, nowUs, isPublic }: CachedRange): string {
  const who = isPublic ? "public" : "private";
  const isClosed = toUs <= nowUs - CLOSED_AFTER_US;
  return isClosed ? `${who}, max-age=10, must-revalidate` : `${who}, no-cache`;
}

/** Whether `If-None-Match` names the entity tag, by weak comparison (RFC 9110, 8.8.3.2 and 13.1.2). */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((tag) => opaque(tag) === opaque(etag));
}
