import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Batch } from "./core/batch.ts";
import { judge, type Verdict } from "./core/verdict.ts";
import type { HttpPost } from "./http-post.ts";
import type { Route } from "./kinds.ts";
import { errorWords } from "./words.ts";

/** Shorter bodies gain nothing by gzip. */
const GZIP_FROM_BYTES = 500;

const gzipped = promisify(gzip);

/** Posts a batch, and says what became of it. Rejects never: also where the token cannot be had, it is only later. */
export async function postBatch(
  http: HttpPost,
  token: () => string,
  route: Route,
  batch: Batch,
): Promise<Verdict> {
  try {
    let body: Uint8Array = Buffer.from(`[${batch.events.join(",")}]`);
    const headers: Record<string, string> = {
      authorization: `Bearer ${token()}`,
      "content-type": "application/json",
      "idempotency-key": batch.key,
    };
    if (body.length >= GZIP_FROM_BYTES) {
      body = await gzipped(body, { level: 1 });
      headers["content-encoding"] = "gzip";
    }
    const answer = await http.post(`/api/${route}`, headers, body);
    return judge(`${http.url}/api/${route}`, answer, Date.now());
  } catch (error) {
    const why = `${http.url} does not answer: ${errorWords(error)}`;
    return { kind: "later", why, retryAfterMs: 0, isNetwork: true };
  }
}
