import type { IdempotentRequest } from "../bindings/host.ts";
import { hostAt, keysAt } from "../bindings/objects.ts";
import { loneHost } from "../core/placement.ts";
import { shardOf } from "../core/writer-shard.ts";
import type { AppContext } from "../middleware/context.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import type { Grant } from "../middleware/token.ts";

const KEY_GRAMMAR = /^[\x21-\x7e]{1,255}$/;
/** Objects that share the keys. A key must always be found where it was put, so this number never changes. */
const LEDGERS = 16;

/** The `Idempotency-Key` of a request, null where it has none; or the answer that says what is wrong with it. */
export function readKey(
  c: AppContext,
): { kind: "key"; key: string | null } | { kind: "refused"; response: Response } {
  const key = c.req.header("idempotency-key") ?? null;
  if (key === null || KEY_GRAMMAR.test(key)) return { kind: "key", key };
  const message = "must be 1 to 255 visible ASCII characters";
  return {
    kind: "refused",
    response: badParameters(c, [{ path: "Idempotency-Key", message }]),
  };
}

/** A request as its key names it: the key is its holder's, and covers route and body (SPEC I-14, I-15). Null without a key. */
export async function identify(
  c: AppContext,
  grant: Grant,
  key: string | null,
  body: string,
): Promise<IdempotentRequest | null> {
  if (key === null) return null;
  return {
    key: `${grant.holder} ${key}`,
    fingerprint: await fingerprintOf(c.req.path, body),
  };
}

/**
 * Claims a request's key before anything of it is taken (SPEC I-16), so that whatever ends on the way, the key belongs to this
 * route and body and to nothing else. Where all symbols are on one host it keeps all keys; else they have objects of their own.
 * @returns the refusal where the key is another request's.
 */
export async function claimKey(
  c: AppContext,
  request: IdempotentRequest | null,
): Promise<Response | null> {
  if (request === null) return null;
  const lone = loneHost(c.get("config"));
  const claim =
    lone === null
      ? await ledgerOf(c, request).claim(request)
      : await hostAt(c.env, lone).claim(request);
  return claim === "other" ? keyReused(c) : null;
}

function ledgerOf(c: AppContext, { key }: IdempotentRequest) {
  return keysAt(c.env, `keys-${shardOf(key, LEDGERS)}`);
}

/** The answer to a key that came with another request before. */
export function keyReused(c: AppContext): Response {
  return problem(c, {
    status: 422,
    type: "idempotency-key-reused",
    title: "Idempotency-Key used for another request",
    detail:
      "This Idempotency-Key came with another body, or on another route, before: use a new key for a new batch.",
  });
}

/** Digest of what was asked, so that a key reused for something else is found out. */
async function fingerprintOf(path: string, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${path}\n${text}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest.subarray(0, 16)));
}
