import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mintToken } from "../../../dev/cli/mint-token.ts";
import { readTokenRequest } from "../../../dev/cli/token-request.ts";
import { keptSecret, secretFor, signerOf } from "../../../dev/data-folder/secrets.ts";
import { reachDatabase } from "../../../dev/doctor/reach.ts";
import { readSettings } from "../../../dev/product/settings.ts";

const SECRET = "a secret of thirty-two characters or more";

function problemOf(options: Record<string, string | string[]>): string {
  const request = readTokenRequest(options);
  return request.kind === "invalid" ? request.problem : "";
}

describe("npm run token", () => {
  it("makes a token with the claims it was asked for", async () => {
    const request = readTokenRequest({
      scope: ["read,write"],
      symbols: ["BTC-*", "ETH-USD,EUR/USD"],
      ttl: "15m",
      sub: "gateway",
    });
    if (request.kind === "invalid") throw new Error(request.problem);
    const token = await mintToken(SECRET, request.claims, 1_800_000_000);
    const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode(SECRET), {
      currentDate: new Date(1_800_000_001_000),
    });
    expect(protectedHeader.alg).toBe("HS256");
    expect(payload).toEqual({
      scope: "read write",
      symbols: ["BTC-*", "ETH-USD", "EUR/USD"],
      sub: "gateway",
      iat: 1_800_000_000,
      exp: 1_800_000_900,
    });
  });

  it("takes patterns of any symbols, with spaces and stars of their own", () => {
    const symbols = String.raw`AAPL  24*,A\*,^GSPC, टा*,${"A".repeat(64)}*`;
    const request = readTokenRequest({ scope: "read", symbols });
    expect(request.kind === "claims" && request.claims.symbols).toEqual([
      ...["AAPL  24*", String.raw`A\*`, "^GSPC", "टा*", `${"A".repeat(64)}*`],
    ]);
  });

  it("leaves out the symbols where none are named: every symbol", async () => {
    const request = readTokenRequest({ scope: "write" });
    expect(request).toEqual({
      kind: "claims",
      claims: { scopes: ["write"], symbols: undefined, subject: undefined, ttlSeconds: 3_600 },
    });
    const token = await mintToken(SECRET, { scopes: ["write"], ttlSeconds: 60 }, 0);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims).not.toHaveProperty("symbols");
  });

  it.each([
    [{}, "--scope is missing"],
    [{ scope: "wrte" }, "--scope wrte"],
    [{ scope: "write", symbols: "," }, "--symbols is empty"],
    [{ scope: "write", symbols: "BTC%" }, "--symbols BTC%"],
    [{ scope: "write", symbols: "\\*" }, "--symbols \\*"],
    [{ scope: "write", ttl: "1y" }, "--ttl 1y"],
    [{ scope: "write", ttl: "0s" }, "--ttl 0s"],
    [{ scope: "write", ttl: "60" }, "--ttl 60"],
  ])("says what is wrong with %j", (options, words) => {
    expect(problemOf(options)).toContain(words);
  });
});

describe("the secrets of a data folder", () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), "edgetape-")), "data");
  });

  afterEach(() => rmSync(join(dataDir, ".."), { recursive: true }));

  it("are made once, kept, and nobody else's to read", () => {
    const jwt = keptSecret(dataDir, "jwt");
    expect(Buffer.from(jwt, "base64url")).toHaveLength(32);
    expect(keptSecret(dataDir, "jwt")).toBe(jwt);
    expect(keptSecret(dataDir, "database")).not.toBe(jwt);
    expect(statSync(join(dataDir, "jwt.secret")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dataDir, "jwt.secret"), "utf8").trim()).toBe(jwt);
  });

  const settingsOf = (environment: Record<string, string>) => {
    const read = readSettings({ DATA_DIR: dataDir, ...environment }, "/");
    if (read.kind === "invalid") throw new Error(read.problems.join());
    return read.settings;
  };
  const ISSUER = { JWT_JWKS_URL: "https://issuer.example/jwks" };

  it("sign for the product that runs there, and for no other", () => {
    const kept = keptSecret(dataDir, "jwt");
    expect(secretFor(settingsOf({}), undefined)).toBe(kept);
    expect(secretFor(settingsOf({}), signerOf(kept))).toBe(kept);
    expect(secretFor(settingsOf({ JWT_SECRET: SECRET }), signerOf(SECRET))).toBe(SECRET);
    expect(() => secretFor(settingsOf({}), signerOf(SECRET))).toThrow(/another JWT_SECRET/);
  });

  it("sign nothing where no product is, and make nothing there", async () => {
    const DATA_DIR = join(dataDir, "typo");
    expect(() => secretFor(settingsOf({ DATA_DIR }), undefined)).toThrow(
      `no product is at ${DATA_DIR}`,
    );
    expect(secretFor(settingsOf({ DATA_DIR, JWT_SECRET: SECRET }), undefined)).toBe(SECRET);
    await expect(reachDatabase({}, { DATA_DIR })).rejects.toThrow("npm start makes it");
    expect(existsSync(DATA_DIR)).toBe(false);
  });

  it("sign nothing where an issuer does, which this terminal or the product's has said", () => {
    for (const [environment, signer] of [
      [ISSUER, undefined],
      // The server takes the issuer's alone.
      [{ ...ISSUER, JWT_SECRET: SECRET }, undefined],
      [{}, signerOf(undefined)],
    ] as const) {
      expect(() => secretFor(settingsOf(environment), signer)).toThrow(/JWT_JWKS_URL/);
    }
  });
});
