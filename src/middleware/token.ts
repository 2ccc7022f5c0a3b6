import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import * as z from "zod";
import type { Config } from "../config.ts";
import { matchesGlob } from "../core/glob.ts";
import { subjectOf } from "./token-subject.ts";

export type Scope = "read" | "write" | "admin";

/** What a token allows. `symbols` null: all of them. */
export interface Grant {
  /** Whose it is. */
  subject: string;
  scopes: ReadonlySet<string>;
  symbols: readonly string[] | null;
  expiresAtMs: number | null;
}

export type TokenReading = { kind: "grant"; grant: Grant } | { kind: "refused"; why: string };

const claimsSchema = z.object({
  scope: z.string({ error: "the claim scope must be text, such as read or write" }),
  symbols: z
    .array(z.string(), { error: "the claim symbols must be an array of patterns" })
    .optional(),
  exp: z.number().optional(),
});

/** Verified tokens by their text: checking a signature for each request would cost more than the request. */
const CACHE_SIZE = 1_000;
const CLOCK_TOLERANCE_S = 5;

/** Verifies tokens by the settings: HS256 with `JWT_SECRET`, or asymmetric keys from `JWT_JWKS_URL`. */
export class TokenVerifier {
  readonly #verify: (token: string) => Promise<JWTPayload>;
  readonly #known = new Map<string, Grant>();

  constructor(config: Pick<Config, "JWT_SECRET" | "JWT_JWKS_URL">) {
    this.#verify = verifierOf(config);
  }

  async read(token: string, nowMs: number): Promise<TokenReading> {
    const known = this.#known.get(token);
    if (known !== undefined) return this.#unexpired(token, known, nowMs);
    let payload: JWTPayload;
    try {
      payload = await this.#verify(token);
    } catch (error) {
      return { kind: "refused", why: reasonOf(error) };
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) {
      return { kind: "refused", why: claims.error.issues[0]?.message ?? "its claims are wrong" };
    }
    const grant: Grant = {
      subject: await subjectOf(payload),
      scopes: new Set(claims.data.scope.split(" ").filter((word) => word !== "")),
      symbols: claims.data.symbols ?? null,
      expiresAtMs: claims.data.exp === undefined ? null : claims.data.exp * 1_000,
    };
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(token, grant);
    return { kind: "grant", grant };
  }

  #unexpired(token: string, grant: Grant, nowMs: number): TokenReading {
    if (grant.expiresAtMs === null || nowMs < grant.expiresAtMs + CLOCK_TOLERANCE_S * 1_000) {
      return { kind: "grant", grant };
    }
    this.#known.delete(token);
    return { kind: "refused", why: EXPIRED };
  }
}

const EXPIRED = "it has expired; ask for a new one";

/** May the holder do this to this symbol? `admin` may do everything to the symbols it names. */
export function allows(grant: Grant, scope: Scope): boolean {
  return grant.scopes.has(scope) || grant.scopes.has("admin");
}

export function covers(grant: Grant, symbol: string): boolean {
  return grant.symbols === null || grant.symbols.some((glob) => matchesGlob(glob, symbol));
}

function verifierOf(
  config: Pick<Config, "JWT_SECRET" | "JWT_JWKS_URL">,
): (token: string) => Promise<JWTPayload> {
  const options = { clockTolerance: CLOCK_TOLERANCE_S };
  if (config.JWT_JWKS_URL !== undefined) {
    const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(config.JWT_JWKS_URL));
    const algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"];
    return async (token) => (await jwtVerify(token, keys, { ...options, algorithms })).payload;
  }
  if (config.JWT_SECRET !== undefined) {
    const key = new TextEncoder().encode(config.JWT_SECRET);
    return async (token) =>
      (await jwtVerify(token, key, { ...options, algorithms: ["HS256"] })).payload;
  }
  return () => Promise.reject(new errors.JOSEError("no key is set: JWT_SECRET or JWT_JWKS_URL"));
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return EXPIRED;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  if (error instanceof errors.JWKSTimeout) return "the keys at JWT_JWKS_URL could not be fetched";
  if (error instanceof errors.JOSEError) return error.message;
  return "it is no JWT";
}
