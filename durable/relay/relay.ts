import type { Env } from "../../src/bindings/env.ts";
import { hostAt } from "../../src/bindings/objects.ts";
import type { FeedAnswer, FeedingCalls, RelayCalls, RelayFeed } from "../../src/bindings/relay.ts";
import type { HostName } from "../../src/core/placement/placement.ts";
import { partsOfRelay, type RelayName } from "../../src/core/placement/relaying.ts";
import { KEEPING } from "../host/log/host-log.ts";
import { FAN_OUT_PACE } from "../room/viewers/fan-out-pace.ts";
import { MESSAGE_LIMITS } from "../room/viewers/messages/messages.ts";
import { WINDOW_BYTES } from "../room/viewers/window.ts";
import { nameOf, ViewerObject } from "../viewer-object/viewer-object.ts";
import { RelayCore } from "./relay-core.ts";
import type { RelaySettings } from "./relay-ports.ts";

/** The Durable Object that holds viewers' sockets away from a host: the platform around a `RelayCore`, and no more. */
export class Relay extends ViewerObject<RelayCore> implements RelayCalls {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, "relay", ({ config, ports, asleep }) => {
      const name = nameOf<RelayName>(ctx);
      const settings: RelaySettings = {
        ...{ limits: config, recentBytes: KEEPING.recentBytes },
        ...{ windowBytes: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS, pace: FAN_OUT_PACE },
      };
      return new RelayCore(
        settings,
        { ...ports, name, host: hostOfRelay(env, name), rowId: 0 },
        asleep,
      );
    });
  }

  async sayGoodbye(): Promise<void> {
    this.core.sayGoodbye();
  }

  async feed(feed: RelayFeed): Promise<FeedAnswer> {
    return this.core.feed(feed);
  }
}

function hostOfRelay(env: Env, relay: RelayName): FeedingCalls {
  return feedingOf(env, partsOfRelay(relay).host);
}

/** A stub that a call has failed on is of no use any more, so each call asks for one. */
export function feedingOf(env: Env, host: HostName): FeedingCalls {
  const stub = () => hostAt(env, host);
  return {
    watch: (name, room) => stub().watch(name, room),
    unwatch: (name, symbols) => stub().unwatch(name, symbols),
    stillWatches: (name, rooms) => stub().stillWatches(name, rooms),
    readPage: (symbol, after, upTo) => stub().readPage(symbol, after, upTo),
    readMinute: (symbol, minuteUs, through) => stub().readMinute(symbol, minuteUs, through),
  };
}
