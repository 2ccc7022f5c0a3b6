import { expect } from "vitest";
import type { HostCore } from "../../../durable/host/host-core.ts";
import type { StreamAttachment } from "../../../durable/streams/stream/saved-stream.ts";
import { StreamsCore } from "../../../durable/streams/streams-core.ts";
import type { StreamSocket, StreamsPorts } from "../../../durable/streams/streams-ports.ts";
import type { JoinRefusal } from "../../../src/bindings/host.ts";
import type { FeedAnswer, RelayFeed } from "../../../src/bindings/relay.ts";
import { NO_ROOM } from "../../../src/bindings/streams.ts";
import { type HostName, hostOf, sharedHosts } from "../../../src/core/placement/placement.ts";
import { relayOfStreams, type StreamsName } from "../../../src/core/placement/relaying.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { MESSAGE_LIMITS, NO_LIMITS, PACE, WINDOW_BYTES } from "../host/host-world.ts";
import type { ModelHosts } from "../host/model/hosts.ts";
import type { StreamsOfModel } from "../host/model/streams.ts";
import { heardBy, type Life, modelPlatform, newLife } from "../host/model-platform.ts";
import { memorySql } from "../room/sqlite-port.ts";

const NAME = "runtime-1" as StreamsName;
export const STREAM_WINDOW = 16_000;

/** A socket of a client, as the platform keeps it. */
export interface WorldSocket extends StreamSocket {
  readonly attachment: StreamAttachment | null;
  readonly isClosed: boolean;
  /** Its process died. */
  cut(): void;
}

interface StreamClient {
  readonly mostUnacked: number;
  failure: unknown;
  acknowledgeWhenDue(): void;
}

/** What the streams of a place find around them. It outlives every life of the object that holds them. */
export class StreamsWorld implements StreamsOfModel {
  /** When the alarm goes off; null where none is set. */
  alarmAtMs: number | null = null;
  readonly clients: StreamClient[] = [];
  readonly #hosts: ModelHosts;
  readonly #sql = memorySql();
  #sockets: WorldSocket[] = [];
  #core: StreamsCore | null = null;
  #life: Life = newLife();

  constructor(hosts: ModelHosts) {
    this.#hosts = hosts;
  }

  get core(): StreamsCore {
    if (this.#core === null) {
      this.#life = newLife();
      const settings = {
        ...{ limits: NO_LIMITS, windowBytes: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS },
        ...{ pace: PACE, recentBytes: 8_000, streamWindow: STREAM_WINDOW },
      };
      this.#sockets = this.#sockets.filter(({ isClosed }) => !isClosed);
      const asleep = this.#sockets.map((socket) => {
        const attachment = socket.attachment ?? expect.fail("a stream has no attachment");
        return [NO_ROOM, socket, structuredClone(attachment)] as const;
      });
      this.#core = new StreamsCore(settings, this.#ports(this.#life), asleep);
    }
    return this.#core;
  }

  get maySleep(): boolean {
    return this.#life.pending === 0;
  }

  end(): void {
    this.#hosts.time.forgetTimers(this.#life);
    this.#life.isOver = true;
    for (const fail of this.#life.calls) fail();
    this.#core = null;
  }

  /** The process dies, and its sockets with it. */
  crash(): void {
    this.end();
    for (const socket of this.#sockets.splice(0)) socket.cut();
  }

  join(socket: WorldSocket, pattern: string | null): Promise<JoinRefusal | null> {
    const request = {
      ...{
        symbol: NO_ROOM,
        entries: pattern === null ? [] : [pattern],
        mode: "all" as const,
        hz: 1,
        isPacked: false,
      },
      ...{ channels: null, symbols: null, viewerKey: null, expiresAtMs: null },
      ...{ namesProtocol: false, correlationId: "model" },
    };
    return this.core.join(request, () => {
      this.#sockets.push(socket);
      return socket;
    });
  }

  heard(socket: WorldSocket, text: string): void {
    this.core.heard(NO_ROOM, socket, text);
  }

  async feedOf(host: HostName, feed: RelayFeed): Promise<FeedAnswer> {
    return structuredClone(this.core.feedOf(host, feed));
  }

  fireAlarm(): void {
    this.alarmAtMs = null;
    void this.core.alarm();
  }

  sendDueAcks(): void {
    for (const client of this.clients) client.acknowledgeWhenDue();
  }

  throwFailure(): void {
    for (const { failure } of this.clients) if (failure !== null) throw failure;
  }

  #ports(life: Life): StreamsPorts {
    const hosts = this.#hosts;
    const { time } = hosts;
    const ask = async <T>(host: HostName, question: (core: HostCore) => T | Promise<T>) =>
      heardBy(
        life,
        hosts.host(host).asked(async (core) => structuredClone(await question(core))),
      );
    return {
      ...modelPlatform(life, {
        ...{ time, sql: this.#sql, world: this },
        failed: (error) => {
          const [client] = this.clients;
          if (client !== undefined) client.failure ??= error;
        },
      }),
      name: NAME,
      pack: () => expect.fail("nobody asks for it here"),
      sockets: () => this.#sockets,
      hostOf: (symbol) => hostOf(symbol, hosts.placement),
      feeding: (host) => ({
        watch: (...args) => ask(host, ({ feeding }) => feeding.watch(...args)),
        unwatch: (...args) => ask(host, ({ feeding }) => feeding.unwatch(...args)),
        stillWatches: (...args) => ask(host, ({ feeding }) => feeding.stillWatches(...args)),
        readPage: (...args) => ask(host, ({ feeding }) => feeding.readPage(...args)),
        readMinute: (...args) => ask(host, ({ feeding }) => feeding.readMinute(...args)),
      }),
      names: {
        hosts: async () => [
          ...sharedHosts(hosts.placement),
          ...hosts.placement.ROOM_DEDICATED.map((symbol) =>
            hostOf(symbol as SymbolName, hosts.placement),
          ),
        ],
        watch: (host) => ask(host, ({ feeding }) => feeding.watchNames(relayOfStreams(NAME, host))),
        unwatch: (host) =>
          ask(host, ({ feeding }) => feeding.unwatch(relayOfStreams(NAME, host), [NO_ROOM])),
        after: (host, ...page) => ask(host, (core) => core.namesAfter(...page)),
      },
      renew: async () => ({ kind: "refused", why: "nobody asks for it here" }),
    };
  }
}
