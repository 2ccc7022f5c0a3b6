import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MOST_KEYS_BYTES } from "../../../../src/http/access/remote-keys.ts";
import { allows, covers, type Grant, TokenVerifier } from "../../../../src/http/access/token.ts";

const SECRET = "a secret of thirty-two characters or more";

function sign(claims: Record<string, unknown>, secret = SECRET): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

async function read(token: string, nowMs = Date.now(), verifier?: TokenVerifier) {
  return (verifier ?? new TokenVerifier({ JWT_SECRET: SECRET })).read(token, nowMs);
}

describe("INV-10 A-1 tokens", () => {
  it("grant what they say", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const token = await sign({ scope: "read  write", symbols: ["BTC-*"], sub: "ann", exp });
    const reading = await read(token);
    expect(reading).toMatchObject({
      kind: "grant",
      grant: {
        subject: "ann",
        scopes: new Set(["read", "write"]),
        symbols: ["BTC-*"],
        expiresAtMs: exp * 1_000,
      },
    });
  });

  it.each([
    ["another key", () => sign({ scope: "read" }, "x".repeat(40)), "signature is wrong"],
    ["no signature", async () => new UnsecuredJWT({ scope: "admin" }).encode(), ""],
    ["no scope", () => sign({}), "scope must be text"],
    ["a list of scopes", () => sign({ scope: ["read"] }), "scope must be text"],
    ["symbols as text", () => sign({ scope: "read", symbols: "BTC" }), "must be an array"],
    ["an end in the past", () => sign({ scope: "read", exp: 1_000 }), "it has expired"],
    ["a beginning in the future", () => sign({ scope: "read", nbf: 9e9 }), "nbf"],
    ["garbage", async () => "garbage", ""],
    ["nothing", async () => "", ""],
  ])("with %s are refused, without a word of the secret", async (_, make, words) => {
    const reading = await read(await make());
    expect(reading.kind).toBe("refused");
    if (reading.kind !== "refused") return;
    expect(reading.why).toContain(words);
    expect(reading.why).not.toContain(SECRET);
  });

  it("known from before end all the same", async () => {
    const verifier = new TokenVerifier({ JWT_SECRET: SECRET });
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const token = await sign({ scope: "read", exp });
    expect((await read(token, Date.now(), verifier)).kind).toBe("grant");
    expect((await read(token, exp * 1_000 + 4_000, verifier)).kind).toBe("grant");
    expect((await read(token, exp * 1_000 + 5_000, verifier)).kind).toBe("refused");
  });

  it("mean nothing where no key is set", async () => {
    const reading = await new TokenVerifier({}).read(await sign({ scope: "admin" }), Date.now());
    expect(reading.kind).toBe("refused");
  });
});

describe("I-14 the holder of a token", () => {
  const holder = async (claims: Record<string, unknown>) => {
    const reading = await new TokenVerifier({ JWT_SECRET: SECRET }).read(
      await sign(claims),
      Date.now(),
    );
    if (reading.kind !== "grant") throw new Error(reading.kind);
    return reading.grant.holder;
  };

  it("is its sub and issuer, whatever else it says", async () => {
    const first = await holder({ scope: "write", sub: "desk", exp: 4_000_000_000 });
    expect(await holder({ scope: "read", sub: "desk", symbols: ["A"] })).toBe(first);
    expect(await holder({ scope: "write", sub: "other" })).not.toBe(first);
    expect(await holder({ scope: "write", sub: "desk", iss: "elsewhere" })).not.toBe(first);
  });

  it("is, without sub, all that it says but when it was issued and how long it is good", async () => {
    const first = await holder({ scope: "write", symbols: ["A"], iat: 1, exp: 4_000_000_000 });
    const next = { symbols: ["A"], scope: "write", iat: 2, exp: 4_000_000_001, jti: "next" };
    expect(await holder(next)).toBe(first);
    expect(await holder({ scope: "write", symbols: ["B"] })).not.toBe(first);
  });
});

describe("A-2 scopes and symbols", () => {
  const grant = (scopes: string[], symbols: string[] | null = null): Grant => ({
    ...{ subject: null, holder: "desk", scopes: new Set(scopes), symbols, expiresAtMs: null },
  });

  it("admin is both, and no scope is another", () => {
    expect(allows(grant(["admin"]), "write")).toBe(true);
    expect(allows(grant(["write"]), "read")).toBe(false);
    expect(allows(grant(["read"]), "write")).toBe(false);
    expect(allows(grant(["reader"]), "read")).toBe(false);
    expect(allows(grant([]), "read")).toBe(false);
  });

  it("absent symbols are all, an empty list is none", () => {
    expect(covers(grant([]), "X")).toBe(true);
    expect(covers(grant([], []), "X")).toBe(false);
    expect(covers(grant([], ["BTC-*", "ETH-USD"]), "ETH-USD")).toBe(true);
    expect(covers(grant([], ["BTC-*", "ETH-USD"]), "ETH-EUR")).toBe(false);
  });
});

describe("A-8 keys of an issuer elsewhere", () => {
  type Issued = { jwk: JWK; token: string };
  let issuer: { keys: JWK[]; isAway: boolean; asked: number };
  let verifier: TokenVerifier;

  async function issue(kid: string, claims: JWTPayload = {}): Promise<Issued> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const token = await new SignJWT({ scope: "read", ...claims })
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(privateKey);
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg: "ES256" }, token };
  }

  beforeEach(() => {
    // jose looks at the clock itself.
    vi.useFakeTimers({ toFake: ["Date"], now: 1_790_000_000_000 });
    issuer = { keys: [], isAway: false, asked: 0 };
    verifier = new TokenVerifier(
      { JWT_JWKS_URL: "https://issuer.example/jwks" },
      {
        nowMs: () => Date.now(),
        fetch: async () => {
          issuer.asked += 1;
          if (issuer.isAway) throw new TypeError("fetch failed");
          return Response.json({ keys: issuer.keys });
        },
      },
    );
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const kindOf = async ({ token }: Issued) => (await verifier.read(token, Date.now())).kind;
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

  it("are good while the issuer has them, and half a minute longer for tokens already seen", async () => {
    const [one, other] = [await issue("one"), await issue("other")];
    issuer.keys = [one.jwk, other.jwk];
    expect([await kindOf(one), await kindOf(other)]).toEqual(["grant", "grant"]);
    issuer.keys = [other.jwk];
    pass(29_000);
    expect(await kindOf(one)).toBe("grant");
    pass(2_000);
    expect([await kindOf(one), await kindOf(other)]).toEqual(["refused", "grant"]);
    expect(issuer.asked).toBe(2);
  });

  it("are looked for at once where a token names a new one", async () => {
    const [one, other] = [await issue("one"), await issue("other")];
    issuer.keys = [one.jwk];
    expect(await kindOf(one)).toBe("grant");
    pass(6_000);
    issuer.keys = [one.jwk, other.jwk];
    expect(await kindOf(other)).toBe("grant");
  });

  it("that cannot be fetched make no token a bad one, and nobody waits for each of them", async () => {
    const one = await issue("one");
    issuer.isAway = true;
    expect([await kindOf(one), await kindOf(one)]).toEqual([
      "keys_unavailable",
      "keys_unavailable",
    ]);
    expect(issuer.asked).toBe(1);
    pass(6_000);
    [issuer.isAway, issuer.keys] = [false, [one.jwk]];
    expect(await kindOf(one)).toBe("grant");
  });

  it("were known before the issuer went away: they are good for ten minutes more", async () => {
    const [one, other] = [await issue("one"), await issue("other")];
    issuer.keys = [one.jwk];
    expect(await kindOf(one)).toBe("grant");
    issuer.isAway = true;
    pass(590_000);
    expect([await kindOf(one), await kindOf(other)]).toEqual(["grant", "keys_unavailable"]);
    pass(20_000);
    expect(await kindOf(one)).toBe("keys_unavailable");
  });

  const wrongOf = ({ jwk }: Issued): JWK[] => [
    { ...jwk, key_ops: ["sign", "verify"] },
    { ...jwk, x: jwk.x?.slice(0, -2) as string },
    { kty: "EC", crv: "P-256", kid: jwk.kid as string, x5c: ["AA"] },
    { ...jwk, d: jwk.x as string },
  ];

  it("that are no good are as good as none: the others are good, and a new one is found", async () => {
    const [odd, one] = [await issue("odd"), await issue("one")];
    for (const wrong of wrongOf(odd)) {
      const next = await issue("next");
      issuer.keys = [wrong, one.jwk];
      pass(31_000);
      expect([await kindOf(odd), await kindOf(one)]).toEqual(["refused", "grant"]);
      pass(6_000);
      issuer.keys = [wrong, one.jwk, next.jwk];
      expect([await kindOf(odd), await kindOf(next)]).toEqual(["refused", "grant"]);
      issuer.isAway = true;
      pass(31_000);
      expect([await kindOf(odd), await kindOf(next)]).toEqual(["keys_unavailable", "grant"]);
      issuer.isAway = false;
      pass(6_000);
    }
  });

  it("that are no good do not stand in the way of a good one of the same name", async () => {
    const one = await issue("one");
    for (const wrong of wrongOf(one)) {
      issuer.keys = [wrong, one.jwk];
      pass(31_000);
      expect(await kindOf(one)).toBe("grant");
    }
  });

  it("may be a mebibyte, and more is not read", async () => {
    const one = await issue("one");
    const text = JSON.stringify({ keys: [one.jwk] });
    let read = 0;
    const answering = (bytes: number) =>
      new TokenVerifier(
        { JWT_JWKS_URL: "https://issuer.example/jwks" },
        {
          nowMs: () => Date.now(),
          fetch: async () => {
            const body = new TextEncoder().encode(text.padEnd(bytes));
            read = 0;
            return new Response(
              new ReadableStream({
                pull(controller) {
                  if (read >= bytes) return controller.close();
                  controller.enqueue(body.subarray(read, read + 65_536));
                  read += 65_536;
                },
              }),
            );
          },
        },
      );
    verifier = answering(MOST_KEYS_BYTES);
    expect(await kindOf(one)).toBe("grant");
    verifier = answering(64 * MOST_KEYS_BYTES);
    expect(await kindOf(one)).toBe("keys_unavailable");
    expect(read).toBeLessThan(2 * MOST_KEYS_BYTES);
  });

  it.each([
    ["neither", {}, ["grant", "grant", "grant", "grant", "grant"]],
    ["aud", { JWT_AUDIENCE: "tape" }, ["refused", "grant", "grant", "refused", "grant"]],
    ["iss", { JWT_ISSUER: "https://a/" }, ["refused", "grant", "refused", "grant", "refused"]],
    [
      "both",
      { JWT_AUDIENCE: "tape", JWT_ISSUER: "https://a/" },
      ["refused", "grant", "refused", "refused", "refused"],
    ],
  ] as const)(
    "A-10 are of tokens for us where it is said for whom: %s",
    async (_, asked, kinds) => {
      const [iss, aud] = ["https://a/", "tape"];
      const all = await Promise.all([
        issue("none"),
        issue("all", { iss, aud: ["other", aud] }),
        issue("elsewhere", { iss: "https://a", aud }),
        issue("for-other", { iss, aud: "tape2" }),
        issue("from-nobody", { aud }),
      ]);
      const settings = { JWT_JWKS_URL: "https://issuer.example/jwks", ...asked };
      verifier = new TokenVerifier(settings, {
        nowMs: () => Date.now(),
        fetch: async () => Response.json({ keys: all.map(({ jwk }) => jwk) }),
      });
      expect(await Promise.all(all.map(kindOf))).toEqual(kinds);
    },
  );

  it("that answer no key set are as good as away", async () => {
    verifier = new TokenVerifier(
      { JWT_JWKS_URL: "https://issuer.example/jwks" },
      { nowMs: () => Date.now(), fetch: async () => new Response("gateway", { status: 502 }) },
    );
    expect(await kindOf(await issue("one"))).toBe("keys_unavailable");
  });
});
