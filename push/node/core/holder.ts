import { createHash } from "node:crypto";

/** Claims that change while the holder stays the same. */
const OF_THE_MOMENT = new Set(["iat", "nbf", "exp", "jti"]);

/** Names the server and whose the token is, as the server tells holders of keys apart (SPEC I-14). */
export function holderOf(url: string, token: string): string {
  return createHash("sha256")
    .update(JSON.stringify([url, subjectOf(token)]))
    .digest("hex")
    .slice(0, 16);
}

function subjectOf(token: string): unknown {
  try {
    const part = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    const claims = JSON.parse(part) as Record<string, unknown>;
    if (claims["sub"]) return [claims["iss"] ?? null, claims["sub"]];
    return Object.entries(claims)
      .filter(([name]) => !OF_THE_MOMENT.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  } catch {
    return token;
  }
}
