import { createMiddleware } from "hono/factory";
import type { Config } from "../../config.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { shorten } from "../../core/answers/shorten.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";
import { isAllowedHost, isAllowedOrigin } from "./allowed-hosts.ts";

/** A name or an address, and a port. What else stands there would become a part of the request's address. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[\w.~-]+)(:\d{1,5})?$/;

/** Methods that change nothing. */
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what a browser would be led to us with: a `Host` that is none of ours, and where reading is public a socket or a
 * write from a page of another origin (SPEC ). What has no `Origin` comes from a program.
 */
export const door = createMiddleware<AppEnv>((c, next) => {
  const { PUBLIC_READ, ALLOWED_HOSTS } = c.get("config");
  const host = c.req.header("host");
  if (host !== undefined && !HOST.test(host)) throw new Refusal(MALFORMED_HOST);
  if (ALLOWED_HOSTS !== undefined) refuseOtherHosts(c, ALLOWED_HOSTS);
  const origin = c.req.header("origin");
  if (origin === undefined || PUBLIC_READ === false) return next();
  const isSocket = c.req.header("upgrade") !== undefined;
  if ((isSocket || !READING.has(c.req.method)) && !isOurs(origin, c)) {
    throw new Refusal(notAllowed(origin));
  }
  return next();
});

/** How the address of the last request began whose host is ours: who posts again and again has it looked at once. */
const lastServed = oncePer((_: Config) => ({ beginning: "" }));

function refuseOtherHosts(c: AppContext, allowed: readonly string[]): void {
  const { url } = c.req;
  const beginning = url.slice(0, url.indexOf("/", "http://".length) + 1);
  const last = lastServed(c.get("config"));
  if (beginning !== "" && beginning === last.beginning) return;
  const { hostname } = new URL(url);
  if (!isAllowedHost(hostname, allowed)) throw new Refusal(notServed(hostname));
  last.beginning = beginning;
}

const MALFORMED_HOST: ProblemWords = {
  status: 400,
  type: "malformed-host",
  title: "The Host header cannot be read",
  detail: "Host is a name or an address, and a port where it is not the usual one (RFC 9112, 3.2).",
};

/** Is it an origin whose pages may do more than any page may? */
export function isOurs(origin: string, c: AppContext): boolean {
  return isAllowedOrigin(origin, new URL(c.req.url), c.get("config").ALLOWED_ORIGINS);
}

function notServed(hostname: string): ProblemWords {
  return {
    status: 403,
    type: "host-not-allowed",
    title: "This host is not served",
    detail: `Nobody has said that ${shorten(hostname, 100)} is a name of this server: use its address, or name it in ALLOWED_HOSTS.`,
  };
}

function notAllowed(origin: string): ProblemWords {
  return {
    status: 403,
    type: "origin-not-allowed",
    title: "Pages of this origin may not do this",
    detail: `A page of ${shorten(origin, 100)} may open no socket and write nothing here: name its origin in ALLOWED_ORIGINS, or connect without a browser.`,
  };
}
