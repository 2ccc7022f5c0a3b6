import { cacheControlOf, matchesEtag } from "../core/answers/caching.ts";
import type { Cursor } from "../protocol/words/time.ts";

import { weakTagOf } from "../reads/weak-tag.ts";

import { accessOf } from "./access/authorize.ts";
import type { AppContext } from "./context.ts";

export interface RangeAsked {
  /** End of the range, in microseconds. */
  toUs: number;
  nowUs: number;
}

/**
 * Answers with what a reader may keep, or with 304 where it has the same already. The tag is made of the answer without
 * its cursor, which moves with every event of the room, and weak for that reason. A kept answer stays true with its old
 * cursor: a viewer that connects with `since=` that cursor gets all that came since.
 */
export async function answerCached<Answer extends { cursor: Cursor }>(
  c: AppContext,
  answer: Answer,
  { toUs, nowUs }: RangeAsked,
): Promise<Response> {
  const { cursor, ...content } = answer;
  // Once for the tag and the answer: of 10,000 bars it is a megabyte, and takes as long as reading them.
  const text = JSON.stringify(content);
  const etag = await weakTagOf(text);
  const headers = {
    etag,
    "cache-control": cacheControlOf({ toUs, nowUs, isPublic: accessOf(c).token === null }),
    vary: "Authorization, Origin",
  };
  if (matchesEtag(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
  const body = `{"cursor":${cursor},${text.slice(1)}`;
  return c.body(body, 200, { ...headers, "content-type": "application/json" });
}
