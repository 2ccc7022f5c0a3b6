import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { JOIN_HEADER, type JoinRefusal, type JoinRequest } from "../bindings/host.ts";
import { hostAt, ownerOf, relayAt } from "../bindings/objects.ts";
import { asciiJson } from "../core/events/ascii-json.ts";
import { type HostName, hostOf } from "../core/placement/placement.ts";
import { regionOf, relayOf, type ViewerPlace } from "../core/placement/relaying.ts";
import { accessOf, coverSymbols, needs } from "../http/access/authorize.ts";
import { countedAddress } from "../http/access/sender.ts";
import type { Access } from "../http/access/token.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { takeHostsOf, takeRelay, takeViewer } from "../http/limits/descriptors.ts";
import { type ProblemWords, Refusal } from "../http/problems/refusal.ts";
import { notKnownYet } from "../http/problems/symbol-refusals.ts";
import { Parameters } from "../http/query/parameters.ts";
import { SUBPROTOCOL } from "../protocol/socket/version.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import { shortDigest } from "../reads/short-digest.ts";

const UPGRADE_REQUIRED: ProblemWords = {
  status: 426,
  type: "upgrade-required",
  title: "A WebSocket is wanted here",
  detail: "Connect with a WebSocket client; for plain HTTP use /api/rooms/SYMBOL/events.",
  headers: { upgrade: "websocket" },
};

/** Before anything that takes time: a crowd is refused as fast as it comes. */
export const hasPlace = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new Refusal(UPGRADE_REQUIRED);
  await takeViewer(c);
  return next();
});

/** The WebSocket upgrade: everything is checked here, so that a room meets only viewers it may serve. */
export const socketRoutes = new Hono<AppEnv>().get(
  "/ws/:symbol",
  hasPlace,
  needs("read"),
  async (c) => {
    const parameters = new Parameters(c.req.url, ["since", "log"], c.get("nowUs")());
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const resumption = parameters.resumption();
    parameters.check();
    const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",");
    const namesProtocol = offered.some((protocol) => protocol.trim() === SUBPROTOCOL);
    return enterRoom(c, { symbol, ...resumption, namesProtocol });
  },
);

/** Brings a viewer that has a place here into a room. @throws Refusal where its token does not cover that, or the room is full. */
export async function enterRoom(
  c: AppContext,
  asked: Pick<JoinRequest, "symbol" | "since" | "log" | "namesProtocol">,
): Promise<Response> {
  const { symbol } = asked;
  coverSymbols(c, [symbol]);
  const access = accessOf(c);
  const join: JoinRequest = {
    ...asked,
    viewerKey: await viewerKey(access, countedAddress(c)),
    expiresAtMs: access.grant.expiresAtMs,
    correlationId: c.get("correlationId"),
  };
  await takeHostsOf(c, [symbol], "read");
  const answer = await joinRoom(c, join);
  if (answer.status !== 429) return answer;
  throw joinRefused(symbol, (await answer.json()) as JoinRefusal);
}

/** Asks a symbol's host, or a relay of it, to take a viewer. Whether anybody has pushed the symbol is no question: it may be waited for (SPEC R-1). */
async function joinRoom(c: AppContext, join: JoinRequest): Promise<Response> {
  const request = new Request("https://host/", {
    headers: { upgrade: "websocket", [JOIN_HEADER]: asciiJson(join) },
  });
  const host = hostOf(join.symbol, c.get("config"));
  const relay = relayOf(host, placeOf(c, host));
  if (relay !== null) takeRelay(c, relay);
  return (relay === null ? hostAt(c.env, host) : relayAt(c.env, relay)).fetch(request);
}

/** Where the viewer came in, for which of a host's relays it connects to; null: of no one host's. */
export function placeOf(c: AppContext, host: HostName | null): ViewerPlace {
  const { RELAYS: relays, RUNTIMES: runtimes, RUNTIME: own } = c.get("config");
  if (runtimes > 1) {
    return { kind: "runtime", own, owner: host === null ? own : ownerOf(c.env, host) };
  }
  if (relays === "off") return { kind: "anywhere" };
  const { continent } = (c.req.raw.cf ?? {}) as { continent?: string };
  return { kind: "region", region: regionOf(continent) };
}

function joinRefused(symbol: SymbolName, { reason, retryAfterS }: JoinRefusal): Refusal {
  if (reason === "not_known_yet") return notKnownYet([symbol]);
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
  } satisfies Record<typeof reason, ProblemWords>;
  return new Refusal({ ...words[reason], retryAfterS });
}

/**
 * Who is counted: whom the token names, or the token itself, by a digest, for a room need not know them; without a token the
 * address, where it is known.
 */
export async function viewerKey(
  { grant, token }: Access,
  address: string | null,
): Promise<string | null> {
  if (token === null) return address === null ? null : `address:${address}`;
  const [kind, who] = grant.subject === null ? ["token", token] : ["subject", grant.subject];
  return `${kind}:${await shortDigest(who, 12)}`;
}
