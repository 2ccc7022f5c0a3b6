import type { Config } from "../config.ts";
import { BEARER_SUBPROTOCOL_PREFIX } from "../protocol/version.ts";
import type { AppContext } from "./context.ts";
import { problem } from "./problem.ts";
import { allows, covers, type Grant, type Scope, TokenVerifier } from "./token.ts";

/** `granted`: go on; the grant says for which symbols. `refused`: the answer to give. */
export type Authorization =
  | { kind: "granted"; grant: Grant; token: string | null }
  | { kind: "refused"; response: Response };

const PUBLIC: Grant = {
  ...{ subject: "public", scopes: new Set(["read"]), symbols: null, expiresAtMs: null },
};

const verifiers = new WeakMap<Config, TokenVerifier>();

/** Checks the request's token for a scope (INV-10). Reading without a token is open where `PUBLIC_READ` says so. */
export async function authorize(c: AppContext, scope: Scope): Promise<Authorization> {
  const config = c.get("config");
  const token = tokenOf(c);
  if (token === null) {
    if (scope === "read" && config.PUBLIC_READ) {
      return { kind: "granted", grant: PUBLIC, token: null };
    }
    return refuse(c, "A token is missing: send the header Authorization: Bearer TOKEN.");
  }
  let verifier = verifiers.get(config);
  if (verifier === undefined) {
    verifier = new TokenVerifier(config);
    verifiers.set(config, verifier);
  }
  const reading = await verifier.read(token, Date.now());
  if (reading.kind === "refused") return refuse(c, `The token is not good: ${reading.why}.`);
  if (!allows(reading.grant, scope)) {
    return forbid(c, `The token does not have the scope ${scope}.`);
  }
  return { kind: "granted", grant: reading.grant, token };
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

function forbid(c: AppContext, detail: string): { kind: "refused"; response: Response } {
  return {
    kind: "refused",
    response: problem(c, { status: 403, type: "forbidden", title: "Not allowed", detail }),
  };
}
