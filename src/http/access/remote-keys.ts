import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTVerifyGetKey,
} from "jose";
import * as z from "zod";
import { readAll, Tally } from "../body/tally.ts";

/** A key that its issuer has taken out is good for so long, and no longer. */
const FRESH_MS = 30_000;
/** While the issuer does not answer, the keys it gave last are good for so long: its restart must stop no producer. */
const LAST_KNOWN_MS = 600_000;
/** After a failure it is left alone for so long, and nobody waits for it. */
const RETRY_MS = 5_000;
const TIMEOUT_MS = 5_000;
/** Hundreds of keys have room in it, and no answer fills the memory. */
export const MOST_KEYS_BYTES = 1_048_576;

/** What the keys themselves are is looked at where one is used: a bad one must not take the others with it. */
const keySet = z.looseObject({ keys: z.array(z.looseObject({})) });

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
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(url: URL, { fetch, nowMs }: RemoteKeysDeps) {
    this.#nowMs = nowMs;
    this.#remote = createRemoteJWKSet(url, {
      ...{ cacheMaxAge: FRESH_MS, cooldownDuration: RETRY_MS, timeoutDuration: TIMEOUT_MS },
      [customFetch]: async (address, init) => {
        const askedAtMs = nowMs();
        try {
          const keys = await readKeys(await fetch(address, init as RequestInit));
          this.#answeredAtMs = askedAtMs;
          return Response.json(keys);
        } catch (error) {
          this.#failedAtMs = nowMs();
          throw error;
        }
      },
    });
  }

  /** Until when a token that was found good now may be taken for good without another look, in ms. */
  get goodUntilMs(): number {
    return Math.max(this.#answeredAtMs + FRESH_MS, this.#failedAtMs + RETRY_MS);
  }

  /** @throws KeysUnavailable where the issuer does not answer; what jose throws where it has no such key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#isLeftAlone) return this.#lastKnown(header, token);
    try {
      return await usable(this.#remote(header, token));
    } catch (error) {
      if (this.#isLeftAlone) return this.#lastKnown(header, token);
      throw error;
    }
  };

  /** The issuer has failed a moment ago. What a token says, or a key that is no good, is no failure of the issuer's. */
  get #isLeftAlone(): boolean {
    return this.#nowMs() < this.#failedAtMs + RETRY_MS;
  }

  readonly #lastKnown: JWTVerifyGetKey = async (header, token) => {
    const known = this.#remote.jwks();
    if (known === undefined || this.#nowMs() > this.#answeredAtMs + LAST_KNOWN_MS) {
      throw new KeysUnavailable();
    }
    try {
      return await usable(createLocalJWKSet(known)(header, token));
    } catch (error) {
      // The issuer may have made that key since.
      throw error instanceof errors.JWKSNoMatchingKey ? new KeysUnavailable() : error;
    }
  };
}

/** A key that cannot be used is as good as none, and beside a good one of its name it does not matter. */
async function usable(found: Promise<CryptoKey>): Promise<CryptoKey> {
  try {
    return await found;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw new errors.JWKSNoMatchingKey();
    const good: CryptoKey[] = [];
    for await (const key of error) good.push(key);
    const [first] = good;
    if (first === undefined) throw new errors.JWKSNoMatchingKey();
    if (good.length > 1) throw error;
    return first;
  }
}

/** @throws where the answer is no key set, or larger than one is. */
async function readKeys(response: Response): Promise<unknown> {
  if (response.status !== 200) throw new Error(`the issuer answers ${response.status}`);
  const tally = new Tally(MOST_KEYS_BYTES);
  if (response.body !== null) await readAll(response.body, tally);
  if (tally.isOver) {
    await response.body?.cancel();
    throw new Error("the issuer's answer is larger than any set of keys");
  }
  return keySet.parse(JSON.parse(new TextDecoder().decode(tally.bytes())));
}
