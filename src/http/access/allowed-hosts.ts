import { matchesGlob } from "../../core/placement/glob.ts";

/**
 * May this host stand in a URL of ours? An address always may, and so may a name that can mean nothing but this machine:
 * a page can point only a name of its own at us (DNS rebinding). `hostname` is as `URL` has it.
 */
export function isAllowedHost(hostname: string, allowed: readonly string[]): boolean {
  if (isAddress(hostname) || isLoopbackName(hostname)) return true;
  return allowed.some((glob) => matchesGlob(glob, hostname));
}

/**
 * May a page of this origin do more than any page may? Pages of ours may, and those of `allowed`. `url` is that of the
 * request; its scheme is not looked at, for who ends TLS in front of us changes it.
 */
export function isAllowedOrigin(origin: string, url: URL, allowed: readonly string[]): boolean {
  if (allowed.includes("*") || allowed.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  if (from.host === url.host) return true;
  // localhost beside 127.0.0.1: two names for the one port.
  return from.port === url.port && isLoopbackHost(from.hostname) && isLoopbackHost(url.hostname);
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+(\.\d+){3}$/.test(hostname);
}

function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost");
}

function isLoopbackHost(hostname: string): boolean {
  return isLoopbackName(hostname) || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
