import type { Env } from "../../src/bindings/env.ts";
import { hostAt, keeperAt } from "../../src/bindings/objects.ts";
import type { FeedAnswer, RelayFeed } from "../../src/bindings/relay.ts";
import type { StreamRequest, StreamsCalls } from "../../src/bindings/streams.ts";
import {
  type HostName,
  hasOwnHosts,
  hostOf,
  sharedHosts,
} from "../../src/core/placement/placement.ts";
import { relayOfStreams, type StreamsName } from "../../src/core/placement/relaying.ts";
import { allows, TokenVerifier } from "../../src/http/access/token.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { KEEPING } from "../host/log/host-log.ts";
import { feedingOf } from "../relay/relay.ts";
import type { FanOutPace } from "../room/viewers/fan-out-pace.ts";
import { MESSAGE_LIMITS } from "../room/viewers/messages/messages.ts";
import { WINDOW_BYTES } from "../room/viewers/window.ts";
import { nameOf, type Platform, ViewerObject } from "../viewer-object/viewer-object.ts";
import { pack } from "./latest/pack.ts";
import type { StreamAttachment } from "./stream/saved-stream.ts";
import { StreamsCore } from "./streams-core.ts";
import type { Renewal, StreamsPorts, StreamsSettings } from "./streams-ports.ts";

/** What it costs to hand a seat a message is a push to a list: the stream sends, and paces itself. */
const SEAT_PACE: FanOutPace = {
  sendMs: () => 0.002,
  atOnceMs: 4,
  sliceMs: 8,
  pauseMs: () => 0,
  took: () => undefined,
};
/** Symbols with hosts of their own that patterns look at, at the most. */
const MOST_OWN_HOSTS = 8_192;
/** All that `*` stands for: no symbol is called so. */
const NAMES = "*" as SymbolName;

/** The Durable Object that holds the streams of a place: the platform around a `StreamsCore`, and no more. */
export class Streams
  extends ViewerObject<StreamsCore, StreamRequest, StreamAttachment>
  implements StreamsCalls
{
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, "streams", (platform) => {
      const settings: StreamsSettings = {
        ...{ limits: platform.config, recentBytes: KEEPING.recentBytes, pace: SEAT_PACE },
        ...{ windowBytes: WINDOW_BYTES, streamWindow: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS },
      };
      return new StreamsCore(settings, portsOf(platform), platform.asleep);
    });
  }

  async feedOf(host: HostName, feed: RelayFeed): Promise<FeedAnswer> {
    return this.core.feedOf(host, feed);
  }

  async sayGoodbye(): Promise<void> {
    this.core.sayGoodbye();
  }
}

function portsOf({ ctx, env, config, ports }: Platform<StreamAttachment>): StreamsPorts {
  const name = nameOf<StreamsName>(ctx);
  const verifier = new TokenVerifier(config);
  return {
    ...{ ...ports, name, pack },
    hostOf: (symbol) => hostOf(symbol, config),
    feeding: (host) => feedingOf(env, host),
    names: {
      hosts: async () => {
        const shared = sharedHosts(config);
        if (!hasOwnHosts(config)) return shared;
        return [...shared, ...(await keeperAt(env).ownHostsAfter("", MOST_OWN_HOSTS))];
      },
      watch: (host) => hostAt(env, host).watchNames(relayOfStreams(name, host)),
      unwatch: (host) => hostAt(env, host).unwatch(relayOfStreams(name, host), [NAMES]),
      after: (host, after, most) => hostAt(env, host).namesAfter(after, most),
    },
    renew: async (token, nowMs): Promise<Renewal> => {
      const reading = await verifier.read(token, nowMs);
      if (reading.kind === "keys_unavailable") {
        return { kind: "refused", why: "its issuer does not answer with its keys: try again soon" };
      }
      if (reading.kind === "refused") return reading;
      const { grant } = reading;
      if (!allows(grant, "read"))
        return { kind: "refused", why: "it does not have the scope read" };
      return { kind: "good", symbols: grant.symbols, expiresAtMs: grant.expiresAtMs };
    },
  };
}
