import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import { JOIN_HEADER, type JoinRefusal, type JoinRequest } from "../../src/bindings/host.ts";
import type { ObjectAddress } from "../../src/bindings/runtime-door.ts";
import { isUnwatched, isWatched } from "../../src/bindings/watched-objects.ts";
import { type Config, configOf } from "../../src/config.ts";
import { PING, PONG } from "../../src/protocol/socket/heartbeat.ts";
import { SUBPROTOCOL } from "../../src/protocol/socket/version.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { descriptorsOf } from "../../src/telemetry/descriptors.ts";
import { type Logger, logOf } from "../../src/telemetry/log.ts";
import { metrics, socketsOfHosts, socketsOfRelays } from "../../src/telemetry/metrics.ts";
import { Clock } from "../clock.ts";
import { ObjectAlarm } from "../object-alarm.ts";
import { answerClose, Sockets } from "../room/viewers/door/sockets.ts";
import { mustLetGo } from "../room/viewers/door/stalled-sockets.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";
import { collectorOf, SpentSockets } from "./spent-sockets.ts";
import type { ViewerPorts } from "./viewer-ports.ts";

/** What an object with viewers is made of. */
interface ViewersCore<Join, Attachment> {
  /** The newest cursor of any room. */
  readonly head: Cursor;
  readonly viewers: number;
  join(request: Join, accept: () => ViewerSocket<Attachment>): Promise<JoinRefusal | null>;
  heard(symbol: SymbolName, socket: ViewerSocket<Attachment>, data: string | ArrayBuffer): void;
  left(symbol: SymbolName, socket: ViewerSocket<Attachment>): void;
  alarm(): Promise<void>;
}

type Asleep<Attachment> = Iterable<readonly [SymbolName, ViewerSocket<Attachment>, Attachment]>;
/** What an upgrade says at the least. */
type AnyJoin = Pick<JoinRequest, "symbol" | "namesProtocol" | "correlationId">;

export interface Platform<Attachment = ViewerAttachment> {
  /** What the object was made with, for those who are before `this`. */
  ctx: DurableObjectState;
  env: Env;
  config: Config;
  logger: Logger;
  ports: ViewerPorts<Attachment>;
  /** The sockets that slept with the object, each with its room. */
  asleep: Asleep<Attachment>;
}

/** The classes of objects with viewers: the binding of each, and what its lines of the log and metrics call it. */
const BINDINGS = { host: "HOST", relay: "RELAY", streams: "STREAMS" } as const;

/** A Durable Object with viewers' sockets, a host, a relay or streams: the platform around its core. */
export abstract class ViewerObject<
  Core extends ViewersCore<Join, Attachment>,
  Join extends AnyJoin = JoinRequest,
  Attachment = ViewerAttachment,
> extends DurableObject<Env> {
  /** Own and so out of reach of calls, which see methods alone. */
  core!: Core;
  readonly #clock = new Clock();
  readonly #sockets = new Sockets<Attachment>(
    (ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws),
    this.#clock.nowMs,
  );
  readonly #address: ObjectAddress;
  readonly #kind: keyof typeof BINDINGS;
  readonly #alarm: ObjectAlarm;
  readonly #spent = new SpentSockets({
    collect: collectorOf(globalThis),
    ...{ nowMs: this.#clock.nowMs, wait: this.#clock.wait },
    keepAwake: (work) => this.ctx.waitUntil(work),
  });
  #alarmAtMs: number | null = null;

  /** `readOn`: what is read before it can begin, in turns between which others are heard. */
  constructor(
    ctx: DurableObjectState,
    env: Env,
    name: keyof typeof BINDINGS,
    begin: (platform: Platform<Attachment>) => Core,
    readOn: (() => Promise<void>) | null = null,
  ) {
    super(ctx, env);
    this.#kind = name;
    this.#address = { binding: BINDINGS[name], name: nameOf(ctx) };
    this.#alarm = new ObjectAlarm(ctx.storage);
    this.#setAutoResponse(true);
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await this.#alarm.read();
    });
    const config = configOf(env);
    const logger = logOf(name, config);
    const wake = () => {
      const asleep = this.#sockets.asleep(ctx.getWebSockets());
      this.core = begin({ ctx, env, config, logger, ports: this.#ports(logger), asleep });
      this.#measure();
      if (this.core.viewers > 0) isWatched(this.#address);
    };
    if (readOn === null) wake();
    else ctx.blockConcurrencyWhile(() => readOn().then(wake));
  }

  /** The WebSocket upgrade; the Worker has checked who asks and for what. */
  override async fetch(request: Request): Promise<Response> {
    const join = JSON.parse(request.headers.get(JOIN_HEADER) ?? "null") as Join;
    const { 0: client, 1: server } = new WebSocketPair();
    const refusal = await this.core.join(join, () => {
      this.ctx.acceptWebSocket(server);
      isWatched(this.#address);
      return this.#sockets.add(server, join.symbol);
    });
    this.#measure();
    if (refusal !== null) return Response.json(refusal, { status: 429 });
    const headers = new Headers({ "x-correlation-id": join.correlationId });
    if (join.namesProtocol) headers.set("sec-websocket-protocol", SUBPROTOCOL);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const seat = this.#sockets.seatOf(ws);
    if (seat === undefined) return;
    seat.hasSpoken = true;
    this.core.heard(seat.symbol, seat.port, data);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    this.#left(ws);
    answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.#left(ws);
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.wentOff(info);
    this.#alarmAtMs = null;
    metrics.alarms.add(1, { object: this.#kind });
    await this.core.alarm();
    this.#letGoOfStalled();
  }

  /** Only where descriptors are counted, as on a machine of one's own: elsewhere the platform has no lack of them. */
  #letGoOfStalled(): void {
    const descriptors = descriptorsOf(this.env);
    if (descriptors === null) return;
    const object = {
      closedForMs: this.#sockets.closedForMs,
      viewers: this.core.viewers,
      quietMs: this.#clock.nowMs() - this.core.head / 1_000,
      isShort: !descriptors.hasRoomForViewer(),
    };
    if (mustLetGo(object)) this.ctx.abort("clients that read nothing hold closed sockets");
  }

  #left(ws: WebSocket): void {
    const seat = this.#sockets.seatOf(ws);
    if (seat !== undefined) this.core.left(seat.symbol, seat.port);
    // Of one from before a sleep it is not known, and a sleep has let go of it.
    if (seat?.hasSpoken === false) this.#spent.add();
    this.#sockets.forget(ws);
    this.#measure();
    if (this.core.viewers === 0) isUnwatched(this.#address);
  }

  #measure(): void {
    const sockets = this.#kind === "host" ? socketsOfHosts : socketsOfRelays;
    sockets.set(this.#address.name, this.#sockets.open);
  }

  #ports(logger: Logger): ViewerPorts<Attachment> {
    const { ctx } = this;
    return {
      sql: ctx.storage.sql,
      clock: this.#clock,
      random: Math.random,
      keepAwake: (work) => ctx.waitUntil(work),
      alarm: {
        atMs: () => this.#alarmAtMs,
        set: (atMs) => {
          this.#alarmAtMs = atMs;
          ctx.waitUntil(this.#alarm.set(atMs));
        },
      },
      sockets: () => this.#sockets,
      closingSockets: () => this.#sockets.closing,
      setAutoResponse: (isOn) => this.#setAutoResponse(isOn),
      logger,
    };
  }

  #setAutoResponse(isOn: boolean): void {
    const pair = isOn ? new WebSocketRequestResponsePair(PING, PONG) : undefined;
    this.ctx.setWebSocketAutoResponse(pair);
  }
}

/** Hosts and relays are found by name alone. */
export function nameOf<Name extends string>({ id }: DurableObjectState): Name {
  if (id.name === undefined) throw new Error("the object is asked for by its name");
  return id.name as Name;
}
