import { describe, expect, it } from "vitest";
import type { TrustedProxies } from "../../../../src/access-settings.ts";
import { senderOf } from "../../../../src/http/access/sender.ts";

const NONE: TrustedProxies = { kind: "none" };
const CLOUDFLARE: TrustedProxies = { kind: "cloudflare" };
const proxies = (...addresses: string[]): TrustedProxies => ({ kind: "proxies", addresses });

const sender = (
  headers: Record<string, string>,
  peer: string | null,
  trust: TrustedProxies = NONE,
) => senderOf(new Headers(headers), peer, trust);

describe("A-7 who sent a request", () => {
  it.each(["127.0.0.1:37484", "[::1]:80", "[::ffff:127.0.0.1]:80", "127.9.9.9:1"])(
    "is this machine at %s",
    (peer) => {
      expect(sender({}, peer).isLocal).toBe(true);
    },
  );

  it.each(["192.168.0.5:37484", "[2001:db8::1]:80", "128.0.0.1:1", null])(
    "is not this machine at %s",
    (peer) => {
      expect(sender({}, peer).isLocal).toBe(false);
    },
  );

  it.each([
    { forwarded: "for=1.2.3.4" },
    { "x-forwarded-for": "1.2.3.4" },
    { "X-Forwarded-Proto": "https" },
    { "x-forwarded-host": "tape.example.com" },
    { via: "1.1 proxy" },
    { "x-real-ip": "1.2.3.4" },
    { "cf-connecting-ip": "1.2.3.4" },
  ])("came through a proxy with %j, whoever is trusted", (headers) => {
    for (const trust of [NONE, CLOUDFLARE, proxies("loopback")]) {
      expect(sender(headers, "127.0.0.1:5", trust)).toMatchObject({
        isProxied: true,
        isLocal: false,
      });
    }
  });
});

describe("L-3 A-7 the address that counts", () => {
  const forwarded = { "x-forwarded-for": "6.6.6.6, 9.9.9.9, 10.0.0.2" };
  it.each([
    ["the connection's, where nobody is trusted", forwarded, "10.0.0.1:5", NONE, "10.0.0.1"],
    [
      "nobody's header where it comes from a stranger",
      forwarded,
      "8.8.8.8:5",
      proxies("10.0.0.1"),
      "8.8.8.8",
    ],
    [
      "what the trusted proxy has heard from",
      forwarded,
      "10.0.0.1:5",
      proxies("10.0.0.1"),
      "10.0.0.2",
    ],
    [
      "that before a chain of trusted ones",
      forwarded,
      "10.0.0.1:5",
      proxies("10.0.0.1", "10.0.0.2"),
      "9.9.9.9",
    ],
    [
      "the same with a proxy on this machine",
      forwarded,
      "127.0.0.1:5",
      proxies("loopback"),
      "10.0.0.2",
    ],
    [
      "without a port",
      { "x-forwarded-for": "[2001:db8::1]:99" },
      "127.0.0.1:5",
      proxies("loopback"),
      "2001:db8::1",
    ],
    ["the proxy's where it says none", {}, "127.0.0.1:5", proxies("loopback"), "127.0.0.1"],
    [
      "Cloudflare's word where that is trusted",
      { "cf-connecting-ip": "1.2.3.4" },
      null,
      CLOUDFLARE,
      "1.2.3.4",
    ],
    ["and not where it is not", { "cf-connecting-ip": "1.2.3.4" }, "5.5.5.5:1", NONE, "5.5.5.5"],
    ["none where nothing is known", forwarded, null, proxies("loopback"), null],
  ] as const)("is %s", (_, headers, peer, trust, address) => {
    expect(sender(headers, peer, trust).address).toBe(address);
  });
});
