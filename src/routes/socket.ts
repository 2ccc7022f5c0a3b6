import { Hono } from "hono";
import { JOIN_HEADER, type JoinRefusal, type JoinRequest } from "../bindings/host.ts";
import { asciiJson } from "../core/ascii-json.ts";
import { type Authorization, authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { refuseHosts, refuseViewer } from "../middleware/descriptors.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import { countedAddress } from "../middleware/sender.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { SUBPROTOCOL } from "../protocol/version.ts";
import { hostOfSymbol } from "./host-stub.ts";
import { notKnownYet } from "./known-symbols.ts";
import { Parameters } from "./parameters.ts";

/** The WebSocket upgrade: everything is checked here, so that a room meets only viewers it may serve. */
export const socketRoutes = new Hono<AppEnv>().get("/ws/:symbol", async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    const response = problem(c, {
      status: 426,
      type: "upgrade-required",
      title: "A WebSocket is wanted here",
      detail: "Connect with a WebSocket client; for plain HTTP use /api/rooms/SYMBOL/events.",
    });
    response.headers.set("upgrade", "websocket");
    return response;
  }
  // Before anything that takes time: a crowd is refused as fast as it comes.
  const full = await refuseViewer(c);
  if (full !== null) return full;
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(c.req.url, ["since", "log"], (Date.now() * 1_000) as EpochUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const { since, log } = parameters.resumption();
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",");
  const join: JoinRequest = {
    symbol,
    since,
    log,
    viewerKey: await viewerKey(authorization, countedAddress(c)),
    expiresAtMs: authorization.grant.expiresAtMs,
    namesProtocol: offered.some((protocol) => protocol.trim() === SUBPROTOCOL),
    correlationId: c.get("correlationId"),
  };
  const noHost = await refuseHosts(c, [symbol], "read");
  if (noHost !== null) return noHost;
  const answer = await joinRoom(c, join);
  if (answer.status !== 429) return answer;
  return refuseJoin(c, symbol, (await answer.json()) as JoinRefusal);
});

/** Asks a symbol's host to take a viewer. Whether anybody has pushed the symbol is no question: it may be waited for (SPEC R-1). */
function joinRoom(c: AppContext, join: JoinRequest): Promise<Response> {
  const request = new Request("https://host/", {
    headers: { upgrade: "websocket", [JOIN_HEADER]: asciiJson(join) },
  });
  return hostOfSymbol(c.env, join.symbol).fetch(request);
}

function refuseJoin(
  c: AppContext,
  symbol: SymbolName,
  { reason, retryAfterS }: JoinRefusal,
): Response {
  if (reason === "not_known_yet") return notKnownYet(c, [symbol]);
  const words = {
    full: {
      ...{ status: 503, type: "room-full", title: "The room is full" },
      detail: "The room has as many viewers as it takes: come back later.",
    },
    connects: {
      ...{ status: 429, type: "too-many-connects", title: "Too many connects" },
      detail: `Too many connects to this room in the last minute: come back in ${retryAfterS} s.`,
    },
    sockets: {
      ...{ status: 429, type: "too-many-sockets", title: "Too many sockets" },
      detail: "You have as many sockets in this room as one viewer may hold: close one first.",
    },
  } satisfies Record<typeof reason, { status: 429 | 503 } & Record<string, unknown>>;
  return problem(c, { ...words[reason], retryAfterS });
}

/**
 * Who is counted: whom the token names, or the token itself, by a digest, for a room need not know them; without a token the
 * address, where it is known.
 */
async function viewerKey(
  { grant, token }: Extract<Authorization, { kind: "granted" }>,
  address: string | null,
): Promise<string | null> {
  if (token === null) return address === null ? null : `address:${address}`;
  const [kind, who] = grant.subject === null ? ["token", token] : ["subject", grant.subject];
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(who)),
  );
  return `${kind}:${btoa(String.fromCharCode(...digest.subarray(0, 12)))}`;
}
