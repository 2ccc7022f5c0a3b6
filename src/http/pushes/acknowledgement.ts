import type { Accepted } from "../../protocol/answers/answers.ts";
import { SECURITY_HEADERS } from "../access/security-headers.ts";
import type { AppContext } from "../context.ts";
import { CORRELATION_HEADER } from "../correlation.ts";

const HEADERS = { ...SECURITY_HEADERS, "content-type": "application/json" };

/**
 * The answer to a push that was taken, with the headers of every answer from the beginning: each that is put on an answer later is
 * a call into the runtime, and a push over a busy connection takes less than a millisecond in all.
 */
export function acknowledgement(c: AppContext, body: Accepted, status: 200 | 202): Response {
  c.set("isHeaded", true);
  const headers = { ...HEADERS, [CORRELATION_HEADER]: c.get("correlationId") };
  return new Response(JSON.stringify(body), { status, headers });
}
