import type { Config } from "../../config.ts";
import { BEARER_SUBPROTOCOL_PREFIX } from "../../protocol/version.ts";
import type { AppContext } from "../context.ts";
import { problem } from "../problems/problem.ts";
import { whoSent } from "./sender.ts";
import { allows, covers, type Grant, type Scope, TokenVerifier } from "./token.ts";

/** `granted`: go on; the grant says for which symbols. `refused`: the answer to give. */
export type Authorization =
  | { kind: "granted"; grant: Grant; token: string | null }
  | { kind: "refused"; response: Response };

const PUBLIC: Grant = {
  ...{ subject: null, holder: "public" },
  ...{ scopes: new Set(["read"]), symbols: null, expiresAtMs: null },
};

const verifiers = new WeakMap<Config, TokenVerifier>();

/** Checks the request's token for a scope (INV-10). Reading without a token is open where `PUBLIC_READ` says so. */
export async function authorize(c: AppContext, scope: Scope): Promise<Authorization> {
  const config = c.get("config");
  const token = tokenOf(c);
  if (token === null) {
    const missing = "A token is missing: send the header Authorization: Bearer TOKEN.";
    if (scope !== "read" || config.PUBLIC_READ === false) return refuse(c, missing);
    const isOpen = config.PUBLIC_READ === true || whoSent(c).isLocal;
    if (isOpen) return { kind: "granted", grant: PUBLIC, token: null };
    noteStranger(c);
    // What listens on loopback was meant for this machine, and a proxy in front of it would publish everything.
    return refuse(
      c,
      `${missing} Without one reads only who is on this machine and comes without a proxy; PUBLIC_READ=true opens reading to all.`,
    );
  }
  let verifier = verifiers.get(config);
  if (verifier === undefined) {
    verifier = new TokenVerifier(config);
    verifiers.set(config, verifier);
  }
  const reading = await verifier.read(token, Date.now());
  if (reading.kind === "keys_unavailable") return { kind: "refused", response: keysUnavailable(c) };
  if (reading.kind === "refused") return refuse(c, `The token is not good: ${reading.why}.`);
  if (!allows(reading.grant, scope)) {
    return forbid(c, `The token does not have the scope ${scope}.`);
  }
  return { kind: "granted", grant: reading.grant, token };
}

const strangersSeen = new WeakSet<Config>();

function noteStranger(c: AppContext): void {
  const config = c.get("config");
  if (strangersSeen.has(config)) return;
  strangersSeen.add(config);
  c.get("log").warn("reading_through_proxy_refused", {
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

/** The refusal where the grant is not for all of `symbols`, else null. */
export function refuseSymbols(
  c: AppContext,
  grant: Grant,
  symbols: readonly string[],
): Response | null {
  const outside = symbols.filter((symbol) => !covers(grant, symbol));
  if (outside.length === 0) return null;
  return forbid(c, `The token is not for ${outside.slice(0, 5).join(", ")}.`).response;
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

function refuse(c: AppContext, detail: string): Authorization {
  const response = problem(c, {
    status: 401,
    type: "unauthorized",
    title: "Not authorized",
    detail,
  });
  response.headers.set("www-authenticate", 'Bearer realm="edgetape"');
  return { kind: "refused", response };
}

function keysUnavailable(c: AppContext): Response {
  return problem(c, {
    status: 503,
    type: "keys-unavailable",
    title: "Tokens cannot be checked",
    detail:
      "The issuer of tokens does not answer with its keys (JWT_JWKS_URL), so nobody knows whether this one is good: try again soon.",
    retryAfterS: 5,
  });
}

function forbid(c: AppContext, detail: string): { kind: "refused"; response: Response } {
  return {
    kind: "refused",
    response: problem(c, { status: 403, type: "forbidden", title: "Not allowed", detail }),
  };
}
