import { afterEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { configOf } from "../../../src/config.ts";

const GOOD = { DATABASE_URL: "postgres://edgetape:hunter2@127.0.0.1/edgetape" };
const ISSUED = { JWT_JWKS_URL: "https://issuer.example/jwks" };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("settings", () => {
  it("have defaults for all but the database", () => {
    expect(configOf({ ...GOOD })).toMatchObject({
      PUBLIC_READ: false,
      LOG_LEVEL: "info",
      LIMIT_BODY_BYTES: 1_048_576,
      LIMIT_CONNECTS_PER_MINUTE: 10,
      KEEP_RAW_DAYS: 90,
      KEEP_MINUTES_DAYS: 365,
      LIMIT_DATABASE_BYTES: 50_000_000_000,
    });
    expect(configOf({ ...GOOD, PUBLIC_READ: "true", LIMIT_VIEWERS: "0" })).toMatchObject({
      PUBLIC_READ: true,
      LIMIT_VIEWERS: 0,
    });
  });

  it("A-5 A-6 A-7 read lists", () => {
    const lists = {
      ...{ ALLOWED_HOSTS: "tape.lan, *.Example.com,", ALLOWED_ORIGINS: "https://a.example,*" },
      EMBED_ORIGINS: "https://b.example",
      ...{ TRUST_PROXY: "loopback,10.0.0.1,2001:db8::1", PUBLIC_READ: "local" },
    };
    expect(configOf({ ...GOOD, ...lists })).toMatchObject({
      ALLOWED_HOSTS: ["tape.lan", "*.example.com"],
      ALLOWED_ORIGINS: ["https://a.example", "*"],
      EMBED_ORIGINS: ["https://b.example"],
      TRUST_PROXY: { kind: "proxies", addresses: ["loopback", "10.0.0.1", "2001:db8::1"] },
      PUBLIC_READ: "local",
    });
    expect(configOf({ ...GOOD })).toMatchObject({
      ALLOWED_ORIGINS: [],
      EMBED_ORIGINS: [],
      TRUST_PROXY: { kind: "none" },
    });
    expect(configOf({ ...GOOD }).ALLOWED_HOSTS).toBeUndefined();
  });

  it("read where symbols are placed", () => {
    expect(configOf({ ...GOOD })).toMatchObject({ ROOM_HOSTS: 1, ROOM_DEDICATED: [] });
    const placed = { ROOM_HOSTS: "0", ROOM_DEDICATED: "BTC-*, ES=F\\*,AAPL*C00110000 *" };
    expect(configOf({ ...GOOD, ...placed })).toMatchObject({
      ...{ ROOM_HOSTS: 0, ROOM_DEDICATED: ["BTC-*", "ES=F\\*", "AAPL*C00110000", "*"] },
    });
  });

  it.each([
    [{}, "DATABASE_URL is missing"],
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL must begin with postgres://"],
    [{ ...GOOD, LIMIT_VIEWERS: "-1" }, "LIMIT_VIEWERS must not be negative"],
    [{ ...GOOD, LIMIT_VIEWERS: "many" }, "LIMIT_VIEWERS must be a number"],
    [{ ...GOOD, PUBLIC_READ: "yes" }, "PUBLIC_READ must be true, false or local"],
    [{ ...GOOD, ALLOWED_HOSTS: "http://a.example" }, "ALLOWED_HOSTS must be host names"],
    [{ ...GOOD, ALLOWED_HOSTS: "a.example:80" }, "ALLOWED_HOSTS must be host names"],
    [{ ...GOOD, ALLOWED_ORIGINS: "a.example" }, "ALLOWED_ORIGINS must be origins"],
    [{ ...GOOD, ALLOWED_ORIGINS: "https://a.example/" }, "ALLOWED_ORIGINS must be origins"],
    [{ ...GOOD, EMBED_ORIGINS: "https://a.example; x" }, "EMBED_ORIGINS must be origins"],
    [{ ...GOOD, TRUST_PROXY: "yes" }, "TRUST_PROXY must be none, cloudflare, or the addresses"],
    [{ ...GOOD, TRUST_PROXY: "none,10.0.0.1" }, "TRUST_PROXY must be none"],
    [{ ...GOOD, KEEP_RAW_DAYS: "400" }, "KEEP_MINUTES_DAYS must not be less than KEEP_RAW_DAYS"],
    [{ ...GOOD, KEEP_RAW_DAYS: "-1" }, "KEEP_RAW_DAYS must not be negative"],
    [{ ...GOOD, ROOM_HOSTS: "1025" }, "ROOM_HOSTS must be at most 1024"],
    [{ ...GOOD, ROOM_HOSTS: "-1" }, "ROOM_HOSTS must not be negative"],
    [{ ...GOOD, ROOM_HOSTS: "1.5" }, "ROOM_HOSTS must be a whole number"],
    [{ ...GOOD, ROOM_DEDICATED: "BTC;ETH" }, "ROOM_DEDICATED must be symbols or patterns"],
    [{ ...GOOD, JWT_AUDIENCE: "tape" }, "JWT_AUDIENCE is of tokens of an issuer"],
    [{ ...GOOD, JWT_ISSUER: "https://a.example" }, "JWT_ISSUER is of tokens of an issuer"],
    [{ ...GOOD, ...ISSUED, JWT_AUDIENCE: "tape, other" }, "JWT_AUDIENCE must be one claim"],
    [{ ...GOOD, ...ISSUED, JWT_ISSUER: " " }, "JWT_ISSUER must be one claim"],
    [{ ...GOOD, JWT_SECRET: "short" }, "JWT_SECRET must have at least 32 characters"],
  ])("%j are refused by name", (env, words) => {
    expect(() => configOf(env)).toThrow(words);
  });

  it("INV-10 that are wrong are told to the log and not to whoever asks", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    const response = await app.request("/healthz", {}, { ...GOOD, PUBLIC_READ: "yes" });
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const body = await response.text();
    expect(body).not.toMatch(/hunter2|PUBLIC_READ/);
    expect(JSON.parse(body)).toMatchObject({
      correlation_id: response.headers.get("x-correlation-id"),
    });
    expect(lines.join()).toContain("PUBLIC_READ must be");
    expect(lines.join()).not.toContain("hunter2");
  });
});
