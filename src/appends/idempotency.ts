import type { Env } from "../bindings/env.ts";
import type { IdempotentRequest, KeyClaim } from "../bindings/host.ts";
import { hostAt, keysAt } from "../bindings/objects.ts";
import { configOf } from "../config.ts";
import { loneHost } from "../core/placement/placement.ts";
import { shardOf } from "../core/placement/writer-shard.ts";
import { shortDigest } from "../reads/short-digest.ts";

/** Objects that share the keys. A key must always be found where it was put, so this number never changes. */
const LEDGERS = 16;

/** A request as its key names it: the key is its holder's, and covers route and body (SPEC I-14, I-15). Null without a key. */
export async function identify(
  key: string | null,
  holder: string,
  path: string,
  body: string,
): Promise<IdempotentRequest | null> {
  if (key === null) return null;
  // A key that is reused for something else is found out by it.
  const fingerprint = await shortDigest(`${path}\n${body}`, 16);
  return { key: `${holder} ${key}`, fingerprint };
}

/**
 * Claims a request's key before anything of it is taken (SPEC I-16), so that whatever ends on the way, the key belongs to this
 * route and body and to nothing else. Where all symbols are on one host it keeps all keys; else they have objects of their own. `other`: the key is another request's.
 */
export async function claimKey(env: Env, request: IdempotentRequest): Promise<KeyClaim> {
  const lone = loneHost(configOf(env));
  if (lone !== null) return hostAt(env, lone).claim(request);
  const ledger = keysAt(env, `keys-${shardOf(request.key, LEDGERS)}`);
  return ledger.claim(request);
}
