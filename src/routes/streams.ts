import { Hono } from "hono";
import { JOIN_HEADER, type JoinRefusal } from "../bindings/host.ts";
import { streamsAt } from "../bindings/objects.ts";
import { NO_ROOM, type StreamRequest } from "../bindings/streams.ts";
import { asciiJson } from "../core/events/ascii-json.ts";
import { streamsOf } from "../core/placement/relaying.ts";
import { accessOf, needs } from "../http/access/authorize.ts";
import { countedAddress } from "../http/access/sender.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { takeStreams } from "../http/limits/descriptors.ts";
import { type ProblemWords, Refusal } from "../http/problems/refusal.ts";
import { joinedList } from "../http/query/joined-list.ts";
import { Parameters } from "../http/query/parameters.ts";
import { SUBPROTOCOL } from "../protocol/socket/version.ts";
import { channelFault, MOST_CHANNELS } from "../protocol/streams/channels.ts";
import { MOST_STREAM_SYMBOLS, patternFault } from "../protocol/streams/client-message.ts";
import { DEFAULT_HZ, MOST_HZ } from "../protocol/streams/latest-limits.ts";
import { STREAM_MODES } from "../protocol/streams/server-message.ts";
import { hasPlace, placeOf, viewerKey } from "./socket.ts";

const PACKINGS = ["none", "deflate-raw"] as const;

/** The upgrade of a stream: one socket over many rooms (SPEC ST-1). */
export const streamRoutes = new Hono<AppEnv>().get("/ws", hasPlace, needs("read"), async (c) => {
  const known = ["symbols", "mode", "hz", "channels", "compress"];
  const parameters = new Parameters(c.req.url, known, c.get("nowUs")());
  const entries = joinedList(parameters, "symbols", MOST_STREAM_SYMBOLS, patternFault);
  const mode = parameters.word("mode", STREAM_MODES, "all");
  const hz = parameters.count("hz", { min: 1, max: MOST_HZ, fallback: DEFAULT_HZ });
  const channels = joinedList(parameters, "channels", MOST_CHANNELS, channelFault);
  if (mode === "all" && parameters.text("hz") !== undefined) {
    parameters.refuse("hz", "goes with mode=latest: in mode=all every event is sent");
  }
  const packing = parameters.word("compress", PACKINGS, "none");
  if (mode === "all" && packing !== "none") {
    parameters.refuse(
      "compress",
      "goes with mode=latest: in mode=all messages are too many to pack",
    );
  }
  parameters.check();
  const access = accessOf(c);
  const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",");
  const request: StreamRequest = {
    ...{ symbol: NO_ROOM, entries, mode, hz, isPacked: packing !== "none" },
    channels: channels.length === 0 ? null : channels,
    symbols: access.grant.symbols,
    viewerKey: await viewerKey(access, countedAddress(c)),
    expiresAtMs: access.grant.expiresAtMs,
    namesProtocol: offered.some((protocol) => protocol.trim() === SUBPROTOCOL),
    correlationId: c.get("correlationId"),
  };
  const answer = await begin(c, request);
  if (answer.status !== 429) return answer;
  throw refused((await answer.json()) as JoinRefusal);
});

function begin(c: AppContext, request: StreamRequest): Promise<Response> {
  const streams = streamsOf(placeOf(c, null));
  takeStreams(c, streams);
  return streamsAt(c.env, streams).fetch(
    new Request("https://streams/", {
      headers: { upgrade: "websocket", [JOIN_HEADER]: asciiJson(request) },
    }),
  );
}

function refused({ reason, retryAfterS }: JoinRefusal): Refusal {
  const words = {
    full: {
      ...{ status: 503, type: "too-many-streams", title: "Too many streams" },
      detail: "There are as many streams here as it takes: come back later.",
    },
    connects: {
      ...{ status: 429, type: "too-many-connects", title: "Too many connects" },
      detail: `Too many streams were opened in the last minute: come back in ${retryAfterS} s. One that is open can change what it watches.`,
    },
    sockets: {
      ...{ status: 429, type: "too-many-sockets", title: "Too many sockets" },
      detail: "You have as many streams as one viewer may have: close one first.",
    },
    // No stream is refused for what its rooms do not know: that is said of each of them.
    not_known_yet: {
      status: 503,
      type: "not-known-yet",
      title: "Not known yet",
      detail: "Come back.",
    },
  } satisfies Record<typeof reason, ProblemWords>;
  return new Refusal({ ...words[reason], retryAfterS });
}
