import type { JWTPayload } from "jose";
import { shortDigest } from "../../reads/short-digest.ts";

/** Claims that differ between the tokens which one holder gets one after the other. */
const OF_ONE_TOKEN = new Set(["exp", "iat", "nbf", "jti"]);

/**
 * Whose a token is: its issuer and `sub`, or, where it has none, all it says but when it was issued and how long it is good.
 * So the next token of the same holder has the same digest. A short digest, for it goes with every key that is kept.
 */
export async function holderOf(payload: JWTPayload): Promise<string> {
  const said = Object.entries(payload)
    .filter(([claim]) => !OF_ONE_TOKEN.has(claim))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const identity = payload.sub === undefined ? said : [payload.iss ?? null, payload.sub];
  return shortDigest(JSON.stringify(identity), 12);
}
