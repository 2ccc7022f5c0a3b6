import type { Config } from "../../config.ts";
import type { AppContext } from "../context.ts";

/** What is known of where a request comes from. */
export interface Sender {
  /** The client's address; null where nobody who is trusted tells it. */
  address: string | null;
  /** Something between the client and us has passed it on. */
  isProxied: boolean;
  /** It comes straight from a program on this machine. */
  isLocal: boolean;
}

/** Headers that proxies add, besides all that begin with `x-forwarded`. */
const PROXY_HEADERS = new Set([
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-original-forwarded-for",
  "true-client-ip",
  "cf-connecting-ip",
  "cf-ray",
]);

/**
 * Reads who sent a request out of its headers and of `peer`, the other end of its connection as the runtime names it
 * (`127.0.0.1:37484`, `[::1]:80`), null where it does not. Headers count as far as `trust` goes and no further:
 * anybody can write them.
 */
export function senderOf(
  headers: Headers,
  peer: string | null,
  trust: Config["TRUST_PROXY"],
): Sender {
  const isProxied = [...headers.keys()].some(
    (name) => name.startsWith("x-forwarded") || PROXY_HEADERS.has(name),
  );
  const peerAddress = peer === null ? null : withoutPort(peer);
  return {
    address: clientAddress(headers, peerAddress, trust),
    isProxied,
    isLocal: !isProxied && peerAddress !== null && isLoopbackAddress(peerAddress),
  };
}

function clientAddress(
  headers: Headers,
  peer: string | null,
  trust: Config["TRUST_PROXY"],
): string | null {
  switch (trust.kind) {
    case "none":
      return peer;
    case "cloudflare":
      return headers.get("cf-connecting-ip") ?? peer;
    case "proxies": {
      if (peer === null) return null;
      const chain = (headers.get("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
      let address = peer;
      // Each proxy puts at the end whom it heard it from: the first that is not trusted is the client.
      for (const before of chain.filter((part) => part !== "").reverse()) {
        if (!isTrusted(address, trust.addresses)) break;
        address = withoutPort(before);
      }
      return address;
    }
  }
}

function isTrusted(address: string, trusted: readonly string[]): boolean {
  return (
    trusted.includes(address.toLowerCase()) ||
    (trusted.includes("loopback") && isLoopbackAddress(address))
  );
}

export function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address) || address === "::1";
}

/** `1.2.3.4:80` and `[::1]:80` without the port; a bare address of IPv6 has colons of its own. */
function withoutPort(text: string): string {
  return /^\[(.+)\](:\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

/** Who sent this request. */
export function whoSent(c: AppContext): Sender {
  return senderOf(c.req.raw.headers, peerOf(c), c.get("config").TRUST_PROXY);
}

/** The other end of the connection: plain workerd names it, Cloudflare names nobody. */
function peerOf(c: AppContext): string | null {
  const { cf } = c.req.raw as { cf?: { clientIp?: unknown } };
  return typeof cf?.clientIp === "string" ? cf.clientIp : null;
}

/**
 * The address that limits count by. Null for programs on this machine: they are many with one address, and so is
 * everybody behind a proxy here that is not trusted.
 */
export function countedAddress(c: AppContext): string | null {
  // Not by way of `whoSent`, which looks at every header: each upgrade comes by here.
  const peer = peerOf(c);
  const { headers } = c.req.raw;
  const { TRUST_PROXY } = c.get("config");
  const address = clientAddress(headers, peer === null ? null : withoutPort(peer), TRUST_PROXY);
  return address === null || isLoopbackAddress(address) ? null : address;
}
