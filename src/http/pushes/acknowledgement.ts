import type { Accepted } from "../../protocol/answers/answers.ts";
import { SECURITY_HEADERS } from "../access/security-headers.ts";
import type { AppContext } from "../context.ts";
import { CORRELATION_HEADER } from "../correlation.ts";

/** The runtime copies these by itself, where each name and text of an object is handed over to it. */
const HEADERS = new Headers({ ...SECURITY_HEADERS, "content-type": "application/json" });

/**
 * The answer to a push that was taken, with the headers of every answer from the beginning: each that is put on an answer later is
 * a call into the runtime, and a push over a busy connection takes less than a millisecond in all.
 */
export function acknowledgement(c: AppContext, body: Accepted, status: 200 | 202): Response {
  c.set("isHeaded", true);
  const answer = new Response(JSON.stringify(body), { status, headers: HEADERS });
  answer.headers.set(CORRELATION_HEADER, c.get("correlationId"));
  return answer;
}
