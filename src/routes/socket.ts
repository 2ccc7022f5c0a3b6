import { Hono } from "hono";
import type { JoinRefusal, JoinRequest } from "../bindings/room.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { SUBPROTOCOL } from "../protocol/version.ts";
import { directoryOf, notKnownYet, refuseUnknown } from "./known-symbols.ts";
import { Parameters } from "./parameters.ts";
import { greetWaiting, joinRoom } from "./waiting-viewer.ts";

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
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(c.req.url, ["since"], (Date.now() * 1_000) as EpochUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const since = parameters.cursor("since") ?? null;
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",");
  const join: JoinRequest = {
    symbol,
    since,
    viewerKey: await viewerKey(authorization.token, c.req.header("cf-connecting-ip")),
    expiresAtMs: authorization.grant.expiresAtMs,
    namesProtocol: offered.some((protocol) => protocol.trim() === SUBPROTOCOL),
    correlationId: c.get("correlationId"),
  };
  if ((await refuseUnknown(c, [symbol])) === null) return enterRoom(c, join);
  const admission = await directoryOf(c.env).admitWaiter(symbol, join.viewerKey);
  switch (admission.kind) {
    case "known":
      return enterRoom(c, join);
    case "waits":
      return greetWaiting(c, join);
    case "refused":
      return refuseJoin(c, symbol, admission);
    default:
      return admission satisfies never;
  }
});

async function enterRoom(c: AppContext, join: JoinRequest): Promise<Response> {
  const answer = await joinRoom(c, join);
  if (answer.status !== 429) return answer;
  return refuseJoin(c, join.symbol, (await answer.json()) as JoinRefusal);
}

function refuseJoin(
  c: AppContext,
  symbol: SymbolName,
  { reason, retryAfterS }: JoinRefusal,
): Response {
  if (reason === "not_known_yet") return notKnownYet(c, [symbol]);
  return problem(c, {
    status: reason === "full" ? 503 : 429,
    type: reason === "full" ? "room-full" : "too-many-connects",
    title: reason === "full" ? "The room is full" : "Too many connects",
    detail:
      reason === "full"
        ? "The room has as many viewers as it takes: come back later."
        : `Too many connects to this room in the last minute: come back in ${retryAfterS} s.`,
    retryAfterS,
  });
}

/**
 * Who is counted: the token by its digest, for a room need not know tokens; without one the address. Plain workerd does
 * not tell the address, and there nobody is counted rather than all viewers as one.
 */
async function viewerKey(
  token: string | null,
  address: string | undefined,
): Promise<string | null> {
  if (token === null) return address === undefined ? null : `address:${address}`;
  const bytes = new TextEncoder().encode(token);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `token:${btoa(String.fromCharCode(...digest.subarray(0, 12)))}`;
}
