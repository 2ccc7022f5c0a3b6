import { createMiddleware } from "hono/factory";
import type { Config } from "../../config.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { BEARER_SUBPROTOCOL_PREFIX } from "../../protocol/socket/version.ts";
import { type AppContext, type AppEnv, nowMs } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";
import { whoSent } from "./sender.ts";
import { type Access, allows, covers, type Grant, type Scope, TokenVerifier } from "./token.ts";

/** Finds the token in a request; null where none came. */
export type ReadToken = (c: AppContext) => string | null;

/**
 * The scope that a route needs, said before its handler: who does not have it is refused (INV-10). `readToken`: where the route's
 * clients have their token.
 */
export const needs = (scope: Scope, readToken: ReadToken = tokenOf) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const authorization = await authorize(c, scope, readToken);
    if (authorization.kind === "refused") throw new Refusal(authorization.words);
    c.set("access", authorization.access);
    return next();
  });

/** What the request may do, in a route that has said what it needs. */
export function accessOf(c: AppContext): Access {
  const access = c.get("access");
  if (access === undefined) throw new Error(`the route ${c.req.path} does not say what it needs`);
  return access;
}

/** @throws Refusal where the request's grant is not for all of `symbols`. */
export function coverSymbols(c: AppContext, symbols: readonly string[]): void {
  const { grant } = accessOf(c);
  if (grant.symbols === null) return;
  const outside = [...new Set(symbols)].filter((symbol) => !covers(grant, symbol));
  if (outside.length > 0) {
    throw new Refusal(forbidden(`The token is not for ${outside.slice(0, 5).join(", ")}.`));
  }
}

/** Which symbols the request may see; null: all. */
export function seesOf(c: AppContext): ((symbol: string) => boolean) | null {
  const { grant } = accessOf(c);
  return grant.symbols === null ? null : (symbol) => covers(grant, symbol);
}

/** For what is shown to readers and to others in another way: null is for others. */
export async function grantToRead(c: AppContext): Promise<Grant | null> {
  const authorization = await authorize(c, "read");
  return authorization.kind === "granted" ? authorization.access.grant : null;
}

type Authorization = { kind: "granted"; access: Access } | { kind: "refused"; words: ProblemWords };

const PUBLIC: Grant = {
  ...{ subject: null, holder: "public" },
  ...{ scopes: new Set(["read"]), symbols: null, expiresAtMs: null },
};

const verifierOf = oncePer((config: Config) => new TokenVerifier(config));

/** Checks the request's token for a scope. Reading without a token is open where `PUBLIC_READ` says so. */
async function authorize(
  c: AppContext,
  scope: Scope,
  readToken: ReadToken = tokenOf,
): Promise<Authorization> {
  const config = c.get("config");
  const token = readToken(c);
  if (token === null) {
    const missing = "A token is missing: send the header Authorization: Bearer TOKEN.";
    if (scope !== "read" || config.PUBLIC_READ === false) return refused(unauthorized(missing));
    const isOpen = config.PUBLIC_READ === true || whoSent(c).isLocal;
    if (isOpen) return { kind: "granted", access: { grant: PUBLIC, token: null } };
    noteStranger(c);
    // What listens on loopback was meant for this machine, and a proxy in front of it would publish everything.
    return refused(
      unauthorized(
        `${missing} Without one reads only who is on this machine and comes without a proxy; PUBLIC_READ=true opens reading to all.`,
      ),
    );
  }
  const reading = await verifierOf(config).read(token, nowMs(c));
  if (reading.kind === "keys_unavailable") return refused(KEYS_UNAVAILABLE);
  if (reading.kind === "refused") {
    return refused(unauthorized(`The token is not good: ${reading.why}.`));
  }
  const { grant } = reading;
  if (!allows(grant, scope)) {
    return refused(forbidden(`The token does not have the scope ${scope}.`));
  }
  return { kind: "granted", access: { grant, token } };
}

const strangersSeen = new WeakSet<Config>();

function noteStranger(c: AppContext): void {
  const config = c.get("config");
  if (strangersSeen.has(config)) return;
  strangersSeen.add(config);
  c.get("logger").warn("reading_through_proxy_refused", {
    correlation_id: c.get("correlationId"),
    hint: "PUBLIC_READ=true opens reading to all whom the proxy lets in, false to none without a token",
  });
}

export type AccessWarning =
  /** `PUBLIC_READ=true`: everyone who reaches this address, or a proxy of it, may read. */
  | "reading_is_public"
  /** Requests come through a proxy, and without a token they may not read though programs of this machine may. */
  | "proxy_in_front";

/** What an operator should know of who may read. */
export function accessWarnings(c: AppContext): AccessWarning[] {
  const config = c.get("config");
  if (config.PUBLIC_READ === true) return ["reading_is_public"];
  if (config.PUBLIC_READ === false) return [];
  return strangersSeen.has(config) || whoSent(c).isProxied ? ["proxy_in_front"] : [];
}

/** From the header, or, for browsers' WebSockets, from a subprotocol `bearer.TOKEN` (SPEC P-3). Never from the URL. */
function tokenOf(c: AppContext): string | null {
  const header = c.req.header("authorization");
  if (header !== undefined) return /^Bearer +(\S+)$/i.exec(header.trim())?.[1] ?? "";
  for (const offered of (c.req.header("sec-websocket-protocol") ?? "").split(",")) {
    const protocol = offered.trim();
    if (protocol.startsWith(BEARER_SUBPROTOCOL_PREFIX)) {
      return protocol.slice(BEARER_SUBPROTOCOL_PREFIX.length);
    }
  }
  return null;
}

function refused(words: ProblemWords): Authorization {
  return { kind: "refused", words };
}

/** The words of a refusal for want of a token. */
export function unauthorized(detail: string): ProblemWords {
  return {
    ...{ status: 401, type: "unauthorized", title: "Not authorized", detail },
    headers: { "www-authenticate": 'Bearer realm="edgetape"' },
  };
}

/** The words of a refusal of a token that is good, but not for this. */
export function forbidden(detail: string): ProblemWords {
  return { status: 403, type: "forbidden", title: "Not allowed", detail };
}

const KEYS_UNAVAILABLE: ProblemWords = {
  status: 503,
  type: "keys-unavailable",
  title: "Tokens cannot be checked",
  detail:
    "The issuer of tokens does not answer with its keys (JWT_JWKS_URL), so nobody knows whether this one is good: try again soon.",
  retryAfterS: 5,
};
