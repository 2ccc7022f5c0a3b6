import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { allows, covers, type Grant, TokenVerifier } from "../../../src/middleware/token.ts";

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
    const token = await sign({ scope: "read  write", symbols: ["BTC-*"], exp });
    const reading = await read(token);
    expect(reading).toMatchObject({
      kind: "grant",
      grant: {
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

describe("I-6 the subject of a token", () => {
  const subject = async (claims: Record<string, unknown>) => {
    const reading = await new TokenVerifier({ JWT_SECRET: SECRET }).read(
      await sign(claims),
      Date.now(),
    );
    if (reading.kind !== "grant") throw new Error(reading.why);
    return reading.grant.subject;
  };

  it("is its sub and issuer, whatever else it says", async () => {
    const first = await subject({ scope: "write", sub: "desk", exp: 4_000_000_000 });
    expect(await subject({ scope: "read", sub: "desk", symbols: ["A"] })).toBe(first);
    expect(await subject({ scope: "write", sub: "other" })).not.toBe(first);
    expect(await subject({ scope: "write", sub: "desk", iss: "elsewhere" })).not.toBe(first);
  });

  it("is, without sub, all that it says but when it was issued and how long it is good", async () => {
    const first = await subject({ scope: "write", symbols: ["A"], iat: 1, exp: 4_000_000_000 });
    const next = { symbols: ["A"], scope: "write", iat: 2, exp: 4_000_000_001, jti: "next" };
    expect(await subject(next)).toBe(first);
    expect(await subject({ scope: "write", symbols: ["B"] })).not.toBe(first);
  });
});

describe("A-2 scopes and symbols", () => {
  const grant = (scopes: string[], symbols: string[] | null = null): Grant => ({
    ...{ subject: "desk", scopes: new Set(scopes), symbols, expiresAtMs: null },
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
