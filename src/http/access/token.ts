import { errors, type JWTPayload, jwtVerify } from "jose";
import * as z from "zod";
import type { Config } from "../../config.ts";
import { matchesGlob } from "../../core/placement/glob.ts";
import { KeysUnavailable, RemoteKeys, type RemoteKeysDeps } from "./remote-keys.ts";
import { holderOf } from "./token-holder.ts";

export type Scope = "read" | "write" | "admin";

/** What a token allows. `symbols` null: all of them. `subject` null: it names nobody. */
export interface Grant {
  /** Its `sub`. */
  subject: string | null;
  /** Whose it is, whatever it says: a short digest. */
  holder: string;
  scopes: ReadonlySet<string>;
  symbols: readonly string[] | null;
  expiresAtMs: number | null;
}

/** What a request may do. `token` null: it brought none, and reading is open. */
export interface Access {
  grant: Grant;
  token: string | null;
}

export type TokenReading =
  | { kind: "grant"; grant: Grant }
  | { kind: "refused"; why: string }
  /** Nobody can say: its issuer does not answer. */
  | { kind: "keys_unavailable" };

const claimsSchema = z.object({
  scope: z.string({ error: "the claim scope must be text, such as read or write" }),
  symbols: z
    .array(z.string(), { error: "the claim symbols must be an array of patterns" })
    .optional(),
  exp: z.number().optional(),
  sub: z.string({ error: "the claim sub must be text" }).optional(),
});

/** Verified tokens by their text: checking a signature for each request would cost more than the request. */
const CACHE_SIZE = 1_000;
const CLOCK_TOLERANCE_S = 5;

/** How tokens are verified, and until when what was verified now may be taken for good, in ms. */
interface Verification {
  verify: (token: string) => Promise<JWTPayload>;
  goodUntilMs: () => number;
}

type KeySettings = Pick<Config, "JWT_SECRET" | "JWT_JWKS_URL" | "JWT_AUDIENCE" | "JWT_ISSUER">;

/** Verifies tokens by the settings: HS256 with `JWT_SECRET`, or asymmetric keys from `JWT_JWKS_URL`. */
export class TokenVerifier {
  readonly #verification: Verification;
  readonly #known = new Map<string, { grant: Grant; goodUntilMs: number }>();

  constructor(
    config: KeySettings,
    deps: RemoteKeysDeps = { fetch: (url, init) => fetch(url, init), nowMs: () => Date.now() },
  ) {
    this.#verification = verificationOf(config, deps);
  }

  async read(token: string, nowMs: number): Promise<TokenReading> {
    const known = this.#known.get(token);
    if (known !== undefined && nowMs < known.goodUntilMs) {
      return this.#unexpired(token, known.grant, nowMs);
    }
    this.#known.delete(token);
    let payload: JWTPayload;
    try {
      payload = await this.#verification.verify(token);
    } catch (error) {
      if (error instanceof KeysUnavailable) return { kind: "keys_unavailable" };
      return { kind: "refused", why: reasonOf(error) };
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) {
      return { kind: "refused", why: claims.error.issues[0]?.message ?? "its claims are wrong" };
    }
    const grant: Grant = {
      subject: claims.data.sub ?? null,
      holder: await holderOf(payload),
      scopes: new Set(claims.data.scope.split(" ").filter((word) => word !== "")),
      symbols: claims.data.symbols ?? null,
      expiresAtMs: claims.data.exp === undefined ? null : claims.data.exp * 1_000,
    };
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(token, { grant, goodUntilMs: this.#verification.goodUntilMs() });
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

export function covers(grant: Pick<Grant, "symbols">, symbol: string): boolean {
  return grant.symbols === null || grant.symbols.some((glob) => matchesGlob(glob, symbol));
}

function verificationOf(config: KeySettings, deps: RemoteKeysDeps): Verification {
  const options = { clockTolerance: CLOCK_TOLERANCE_S };
  if (config.JWT_JWKS_URL !== undefined) {
    const keys = new RemoteKeys(new URL(config.JWT_JWKS_URL), deps);
    const { JWT_AUDIENCE: audience, JWT_ISSUER: issuer } = config;
    const asked = {
      ...options,
      algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"],
      // An issuer signs for other servers too, and a token that was given for one of them is none for us.
      ...(audience !== undefined && { audience }),
      ...(issuer !== undefined && { issuer }),
    };
    return {
      verify: async (token) => (await jwtVerify(token, keys.find, asked)).payload,
      goodUntilMs: () => keys.goodUntilMs,
    };
  }
  // A secret is another one only after a start.
  const goodUntilMs = () => Number.POSITIVE_INFINITY;
  if (config.JWT_SECRET !== undefined) {
    const key = new TextEncoder().encode(config.JWT_SECRET);
    return {
      verify: async (token) =>
        (await jwtVerify(token, key, { ...options, algorithms: ["HS256"] })).payload,
      goodUntilMs,
    };
  }
  const noKey = new errors.JOSEError("no key is set: JWT_SECRET or JWT_JWKS_URL");
  return { verify: () => Promise.reject(noKey), goodUntilMs };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return EXPIRED;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return "it is no JSON Web Token; npm run token prints one";
  }
  if (error instanceof errors.JOSEError) return error.message;
  return "it cannot be checked with the keys of this server";
}
