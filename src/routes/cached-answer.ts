import { cacheControlOf, matchesEtag } from "../core/caching.ts";
import type { AppContext } from "../middleware/context.ts";
import type { Cursor } from "../protocol/time.ts";

export interface RangeAsked {
  /** End of the range, in microseconds. */
  toUs: number;
  nowUs: number;
  token: string | null;
}

/**
 * Answers with what a reader may keep, or with 304 where it has the same already. The tag is made of the answer without
 * its cursor, which moves with every event of the room, and weak for that reason. A kept answer stays true with its old
 * cursor: a viewer that connects with `since=` that cursor gets all that came since.
 */
export async function answerCached<Answer extends { cursor: Cursor }>(
  c: AppContext,
  answer: Answer,
  { toUs, nowUs, token }: RangeAsked,
): Promise<Response> {
  const { cursor: _, ...content } = answer;
  const etag = `W/"${await digestOf(JSON.stringify(content))}"`;
  const headers = {
    etag,
    "cache-control": cacheControlOf({ toUs, nowUs, isPublic: token === null }),
    vary: "Authorization",
  };
  if (matchesEtag(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
  return c.json(answer, 200, headers);
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 16)));
}
