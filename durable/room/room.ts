import { DurableObject } from "cloudflare:workers";
import { DIRECTORY_NAME } from "../../src/bindings/directory.ts";
import type { Env } from "../../src/bindings/env.ts";
import {
  type Admission,
  type AppendBatch,
  type AppendOutcome,
  type HeldPositions,
  type IdempotentRequest,
  JOIN_HEADER,
  type JoinRequest,
  type PollPage,
  type RoomCalls,
  type RoomTail,
} from "../../src/bindings/room.ts";
import { configOf } from "../../src/config.ts";
import { writerShardOf } from "../../src/core/writer-shard.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers.ts";
import { PING, PONG } from "../../src/protocol/heartbeat.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import { SUBPROTOCOL } from "../../src/protocol/version.ts";
import { descriptorsOf } from "../../src/telemetry/descriptors.ts";
import { type Log, logOf } from "../../src/telemetry/log.ts";
import { Clock } from "../clock.ts";
import { KEEPING } from "./log/log.ts";
import { readName, writeName } from "./log/name.ts";
import { PART_LIMIT } from "./outbox/drain.ts";
import type { Resend } from "./outbox/stored-where.ts";
import { roomArchive } from "./past/postgres-archive.ts";
import { RoomCore } from "./room-core.ts";
import type { RoomPorts, RoomSettings } from "./room-ports.ts";
import { FAN_OUT_PACE } from "./viewers/fan-out-pace.ts";
import { MESSAGE_LIMITS } from "./viewers/messages.ts";
import { answerClose, Sockets } from "./viewers/sockets.ts";
import { mustLetGo } from "./viewers/stalled-sockets.ts";
import type { ViewerAttachment } from "./viewers/viewer.ts";
import { WINDOW_BYTES } from "./viewers/window.ts";

/** The Durable Object of one symbol: the platform around a `RoomCore`, and no more. */
export class Room extends DurableObject<Env> implements RoomCalls {
  readonly #config = configOf(this.env);
  readonly #logger: Log = logOf("room", this.#config);
  readonly #clock = new Clock();
  readonly #sockets = new Sockets(
    (ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws),
    this.#clock.nowMs,
  );
  #core: RoomCore | null = null;
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#setAutoResponse(true);
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
    const name = readName(ctx.storage.sql);
    if (name !== null) this.#core = this.#wake(name);
  }

  append(symbol: SymbolName, batch: AppendBatch): Promise<AppendOutcome> {
    return this.#coreOf(symbol).append(batch);
  }

  admits(idempotency: IdempotentRequest | null, series?: readonly number[]): Admission {
    if (this.#core !== null) return this.#core.admits(idempotency, series);
    // A room that has no name yet knows no series, and has nothing else that could refuse.
    const { LIMIT_SERIES: limit } = this.#config;
    return limit > 0 && new Set(series).size > limit ? "too_many_series" : "admitted";
  }

  async untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    return this.#core === null ? false : this.#core.untilStored(cursor, timeoutMs);
  }

  poll(symbol: SymbolName, since: Cursor | null, limit: number, waitMs: number): Promise<PollPage> {
    return this.#coreOf(symbol).poll(since, limit, waitMs);
  }

  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    return this.#coreOf(symbol).readTail(maxEvents);
  }

  positions(symbol: SymbolName): Promise<HeldPositions | null> {
    return this.#coreOf(symbol).positions();
  }

  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    return this.#coreOf(symbol).book(levels);
  }

  summary(symbol: SymbolName): Promise<SymbolSummary | null> {
    return this.#coreOf(symbol).summary();
  }

  meetDatabase(symbol: SymbolName, identity: string): Resend {
    return this.#coreOf(symbol).meetDatabase(identity);
  }

  /** The WebSocket upgrade; the Worker has checked who asks and for what. */
  override async fetch(request: Request): Promise<Response> {
    const join = JSON.parse(request.headers.get(JOIN_HEADER) ?? "null") as JoinRequest;
    const { 0: client, 1: server } = new WebSocketPair();
    const refusal = await this.#coreOf(join.symbol).join(join, () => {
      this.ctx.acceptWebSocket(server);
      return this.#sockets.portOf(server);
    });
    if (refusal !== null) return Response.json(refusal, { status: 429 });
    const headers = new Headers({ "x-correlation-id": join.correlationId });
    if (join.namesProtocol) headers.set("sec-websocket-protocol", SUBPROTOCOL);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    this.#core?.heard(this.#sockets.portOf(ws), data);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    this.#left(ws);
    answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.#left(ws);
  }

  override alarm(): void {
    this.#alarmAtMs = null;
    this.#core?.alarm(this.#sockets);
    this.#letGoOfStalled();
  }

  /** Only where descriptors are counted, as on a machine of one's own: elsewhere the platform has no lack of them. */
  #letGoOfStalled(): void {
    const descriptors = descriptorsOf(this.env);
    if (descriptors === null || this.#core === null) return;
    const room = {
      closedForMs: this.#sockets.closedForMs,
      viewers: this.#core.viewers,
      quietMs: this.#clock.nowMs() - this.#core.head / 1_000,
      isShort: !descriptors.hasRoomForViewer(),
    };
    if (mustLetGo(room)) this.ctx.abort("clients that read nothing hold closed sockets");
  }

  #left(ws: WebSocket): void {
    this.#core?.left(this.#sockets.portOf(ws));
    this.#sockets.forget(ws);
  }

  /** Whoever comes first names the room. */
  #coreOf(symbol: SymbolName): RoomCore {
    if (this.#core === null) {
      writeName(this.ctx.storage.sql, symbol);
      this.#core = this.#wake(symbol);
    }
    return this.#core;
  }

  #wake(symbol: SymbolName): RoomCore {
    const settings: RoomSettings = {
      ...{ limits: this.#config, keeping: KEEPING, partLimit: PART_LIMIT },
      ...{ windowBytes: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS, pace: FAN_OUT_PACE },
    };
    const asleep = this.ctx
      .getWebSockets()
      .filter((ws) => this.#sockets.isOpen(ws))
      .map((ws) => [this.#sockets.portOf(ws), attachmentOf(ws)] as const);
    return new RoomCore(symbol, settings, this.#portsOf(symbol), asleep);
  }

  #portsOf(symbol: SymbolName): RoomPorts {
    const { ctx, env } = this;
    const shard = writerShardOf(symbol, this.#config.WRITER_SHARDS);
    // A stub that a call has failed on is of no use any more, so each call asks for one.
    const writer = () => env.WRITER.get(env.WRITER.idFromName(shard));
    const directory = () => env.DIRECTORY.get(env.DIRECTORY.idFromName(DIRECTORY_NAME));
    return {
      sql: ctx.storage.sql,
      clock: this.#clock,
      random: Math.random,
      keepAwake: (work) => ctx.waitUntil(work),
      alarm: {
        atMs: () => this.#alarmAtMs,
        set: (atMs) => {
          this.#alarmAtMs = atMs;
          ctx.waitUntil(ctx.storage.setAlarm(atMs));
        },
      },
      writer: {
        store: (request) => writer().store(request),
        identity: () => writer().identity(),
      },
      archive: roomArchive(this.#config, this.#logger, symbol),
      directory: {
        earlierPlace: () => directory().earlierPlace(symbol),
        report: (summary) => directory().report(summary),
      },
      closingSockets: () => this.#sockets.closing,
      setAutoResponse: (isOn) => this.#setAutoResponse(isOn),
      sync: () => ctx.storage.sync(),
      restart: (why) => ctx.abort(why),
      logger: this.#logger,
    };
  }

  #setAutoResponse(isOn: boolean): void {
    const pair = isOn ? new WebSocketRequestResponsePair(PING, PONG) : undefined;
    this.ctx.setWebSocketAutoResponse(pair);
  }
}

function attachmentOf(ws: WebSocket): ViewerAttachment {
  return ws.deserializeAttachment() as ViewerAttachment;
}
