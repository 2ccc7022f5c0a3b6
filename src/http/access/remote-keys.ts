import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTVerifyGetKey,
} from "jose";

/** A key that its issuer has taken out is good for so long, and no longer. */
const FRESH_MS = 30_000;
/** While the issuer does not answer, the keys it gave last are good for so long: its restart must stop no producer. */
const LAST_KNOWN_MS = 600_000;
/** After a failure it is left alone for so long, and nobody waits for it. */
const RETRY_MS = 5_000;
const TIMEOUT_MS = 5_000;

export interface RemoteKeysDeps {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  nowMs: () => number;
}

/** The issuer of tokens cannot be asked for its keys, so nobody knows whether a token is good. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** The keys at `JWT_JWKS_URL`. */
export class RemoteKeys {
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  readonly #nowMs: () => number;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(url: URL, { fetch, nowMs }: RemoteKeysDeps) {
    this.#nowMs = nowMs;
    this.#remote = createRemoteJWKSet(url, {
      ...{ cacheMaxAge: FRESH_MS, cooldownDuration: RETRY_MS, timeoutDuration: TIMEOUT_MS },
      [customFetch]: (address, init) => {
        this.#askedAtMs = nowMs();
        return fetch(address, init as RequestInit);
      },
    });
  }

  /** Until when a token that was found good now may be taken for good without another look, in ms. */
  get goodUntilMs(): number {
    return Math.max(this.#answeredAtMs + FRESH_MS, this.#failedAtMs + RETRY_MS);
  }

  /** @throws KeysUnavailable where the issuer does not answer; what jose throws where it has no such key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#nowMs() < this.#failedAtMs + RETRY_MS) return this.#lastKnown(header, token);
    try {
      const key = await this.#remote(header, token);
      this.#answeredAtMs = this.#askedAtMs;
      return key;
    } catch (error) {
      if (isAboutTheToken(error)) {
        this.#answeredAtMs = this.#askedAtMs;
        throw error;
      }
      this.#failedAtMs = this.#nowMs();
      return this.#lastKnown(header, token);
    }
  };

  readonly #lastKnown: JWTVerifyGetKey = async (header, token) => {
    const known = this.#remote.jwks();
    if (known === undefined || this.#nowMs() > this.#answeredAtMs + LAST_KNOWN_MS) {
      throw new KeysUnavailable();
    }
    try {
      return await createLocalJWKSet(known)(header, token);
    } catch (error) {
      // The issuer may have made that key since.
      throw error instanceof errors.JWKSNoMatchingKey ? new KeysUnavailable() : error;
    }
  };
}

/** The keys are known, and the token fits none of them. */
function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
