import type { AppContext } from "../context.ts";
import { badParameters } from "../problems/refusal.ts";

const KEY_GRAMMAR = /^[\x21-\x7e]{1,255}$/;

/** The `Idempotency-Key` of a request, null where it has none. @throws Refusal where it is none that could be kept. */
export function readIdempotencyKey(c: AppContext): string | null {
  const key = c.req.header("idempotency-key") ?? null;
  if (key === null || KEY_GRAMMAR.test(key)) return key;
  const message = "must be 1 to 255 visible ASCII characters";
  throw badParameters({ path: "Idempotency-Key", message });
}
