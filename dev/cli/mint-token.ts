import { SignJWT } from "jose";

export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export type TokenClaims = {
  scopes: readonly Scope[];
  /** Globs; absent: every symbol. */
  symbols?: readonly string[] | undefined;
  subject?: string | undefined;
  ttlSeconds: number;
};

/** Signs a token with HS256, as the Worker takes it. `nowSeconds` is the present in seconds since the Unix epoch. */
export async function mintToken(
  secret: string,
  claims: TokenClaims,
  nowSeconds: number,
): Promise<string> {
  const payload = {
    scope: claims.scopes.join(" "),
    ...(claims.symbols === undefined ? {} : { symbols: [...claims.symbols] }),
  };
  const token = new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + claims.ttlSeconds);
  if (claims.subject !== undefined) token.setSubject(claims.subject);
  return token.sign(new TextEncoder().encode(secret));
}
