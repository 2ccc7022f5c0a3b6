import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/bindings/env.ts";
import {
  type Acquaintance,
  type HadPart,
  type HandedOver,
  type HeldPositions,
  type HostBatch,
  type HostCalls,
  type HostOutcome,
  type HostRefusal,
  type IdempotentRequest,
  JOIN_HEADER,
  type JoinRequest,
  type KeyClaim,
  type PollPage,
  type Resend,
  type RoomTail,
} from "../../src/bindings/host.ts";
import {
  firstDirectoryAt,
  firstRoomAt,
  hostAt,
  keeperAt,
  writerAt,
} from "../../src/bindings/objects.ts";
import { isUnwatched, isWatched } from "../../src/bindings/watched-objects.ts";
import { configOf } from "../../src/config.ts";
import type { HostName } from "../../src/core/placement.ts";
import { writerShardOf } from "../../src/core/writer-shard.ts";
import { readImportedPrices } from "../../src/db/bars/read-imported-prices.ts";
import { openDatabase } from "../../src/db/driver/database.ts";
import { findSymbolNames, readSymbolNames } from "../../src/db/events/read-symbol-names.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers.ts";
import { PING, PONG } from "../../src/protocol/heartbeat.ts";
import type { LogId } from "../../src/protocol/log-id.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import { SUBPROTOCOL } from "../../src/protocol/version.ts";
import { descriptorsOf } from "../../src/telemetry/descriptors.ts";
import { type Log, logOf } from "../../src/telemetry/log.ts";
import { Clock } from "../clock.ts";
import { roomArchive } from "../room/past/postgres-archive.ts";
import { FAN_OUT_PACE } from "../room/viewers/fan-out-pace.ts";
import { MESSAGE_LIMITS } from "../room/viewers/messages.ts";
import { answerClose, Sockets } from "../room/viewers/sockets.ts";
import { mustLetGo } from "../room/viewers/stalled-sockets.ts";
import { WINDOW_BYTES } from "../room/viewers/window.ts";
import { HostCore } from "./host-core.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import { KEEPING } from "./log/host-log.ts";
import { PART_LIMIT } from "./outbox/drain.ts";
import type { FirstEdition } from "./symbols/predecessors.ts";

const DATABASE_TIMEOUT_MS = 10_000;

/** The Durable Object of the rooms that are placed on it: the platform around a `HostCore`, and no more. */
export class Host extends DurableObject<Env> implements HostCalls {
  readonly #config = configOf(this.env);
  readonly #logger: Log = logOf("host", this.#config);
  readonly #clock = new Clock();
  readonly #sockets = new Sockets(
    (ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws),
    this.#clock.nowMs,
  );
  readonly #database = openDatabase({
    url: this.#config.DATABASE_URL,
    endpoint: this.#config.DATABASE_ENDPOINT,
    timeoutMs: DATABASE_TIMEOUT_MS,
  });
  readonly #address = { binding: "HOST", name: nameOf(this.ctx) } as const;
  readonly #core: HostCore;
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#setAutoResponse(true);
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
    const settings: HostSettings = {
      ...{ limits: this.#config, keeping: KEEPING, partLimit: PART_LIMIT },
      ...{ windowBytes: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS, pace: FAN_OUT_PACE },
    };
    this.#core = new HostCore(settings, this.#ports(), this.#sockets.asleep(ctx.getWebSockets()));
    if (this.#core.viewers > 0) isWatched(this.#address);
  }

  append(batch: HostBatch): Promise<HostOutcome> {
    return this.#core.append(batch);
  }

  admits(batch: HostBatch): Promise<HostRefusal | null> {
    return this.#core.admits(batch);
  }

  async hadParts(request: IdempotentRequest, symbols: readonly SymbolName[]): Promise<HadPart[]> {
    return this.#core.hadParts(request, symbols);
  }

  async claim(request: IdempotentRequest): Promise<KeyClaim> {
    return this.#core.claim(request);
  }

  untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    return this.#core.untilStored(cursor, timeoutMs);
  }

  poll(
    symbol: SymbolName,
    since: Cursor | null,
    limit: number,
    waitMs: number,
    log: LogId | null,
  ): Promise<PollPage> {
    return this.#core.poll(symbol, since, limit, waitMs, log);
  }

  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    return this.#core.readTail(symbol, maxEvents);
  }

  positions(symbol: SymbolName): Promise<HeldPositions | null> {
    return this.#core.positions(symbol);
  }

  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    return this.#core.book(symbol, levels);
  }

  list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    return this.#core.list();
  }

  async know(symbols: readonly SymbolName[], news?: "bars"): Promise<void> {
    this.#core.know(symbols, news);
  }

  acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance> {
    return this.#core.acquaintance(symbols);
  }

  async meetDatabase(identity: string): Promise<Resend> {
    return this.#core.meetDatabase(identity);
  }

  async namesAfter(name: SymbolName | "", most: number): Promise<SymbolName[]> {
    return this.#core.namesAfter(name, most);
  }

  handOver(symbol: SymbolName, before: number, isYours: boolean): Promise<HandedOver> {
    return this.#core.handOver(symbol, before, isYours);
  }

  async rearm(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.alarm();
  }

  async sayGoodbye(): Promise<void> {
    this.#core.sayGoodbye();
  }

  /** The WebSocket upgrade; the Worker has checked who asks and for what. */
  override async fetch(request: Request): Promise<Response> {
    const join = JSON.parse(request.headers.get(JOIN_HEADER) ?? "null") as JoinRequest;
    const { 0: client, 1: server } = new WebSocketPair();
    const refusal = await this.#core.join(join, () => {
      this.ctx.acceptWebSocket(server);
      isWatched(this.#address);
      return this.#sockets.add(server, join.symbol);
    });
    if (refusal !== null) return Response.json(refusal, { status: 429 });
    const headers = new Headers({ "x-correlation-id": join.correlationId });
    if (join.namesProtocol) headers.set("sec-websocket-protocol", SUBPROTOCOL);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    const seat = this.#sockets.seatOf(ws);
    if (seat !== undefined) this.#core.heard(seat.symbol, seat.port, data);
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    this.#left(ws);
    answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.#left(ws);
  }

  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    await this.#core.alarm();
    this.#letGoOfStalled();
  }

  /** Only where descriptors are counted, as on a machine of one's own: elsewhere the platform has no lack of them. */
  #letGoOfStalled(): void {
    const descriptors = descriptorsOf(this.env);
    if (descriptors === null) return;
    const host = {
      closedForMs: this.#sockets.closedForMs,
      viewers: this.#core.viewers,
      quietMs: this.#clock.nowMs() - this.#core.head / 1_000,
      isShort: !descriptors.hasRoomForViewer(),
    };
    if (mustLetGo(host)) this.ctx.abort("clients that read nothing hold closed sockets");
  }

  #left(ws: WebSocket): void {
    const seat = this.#sockets.seatOf(ws);
    if (seat !== undefined) this.#core.left(seat.symbol, seat.port);
    this.#sockets.forget(ws);
    if (this.#core.viewers === 0) isUnwatched(this.#address);
  }

  #ports(): HostPorts {
    const { ctx, env } = this;
    const { name } = this.#address;
    const shard = writerShardOf(name, this.#config.WRITER_SHARDS);
    const writer = () => writerAt(env, shard);
    const keeper = () => keeperAt(env);
    const other = (host: HostName) => hostAt(env, host);
    return {
      name,
      sql: ctx.storage.sql,
      clock: this.#clock,
      random: Math.random,
      newId: () => crypto.randomUUID(),
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
      archiveOf: (symbol) => roomArchive(this.#database, this.#logger, symbol),
      names: {
        readStored: () => readSymbolNames(this.#database),
        find: (symbols) => findSymbolNames(this.#database, symbols),
        readPrices: (symbols) => readImportedPrices(this.#database, symbols),
      },
      keeper: {
        announce: (host, placement) => keeper().announce(host, placement),
        ownHostsAfter: (host, most) => keeper().ownHostsAfter(host, most),
      },
      others: {
        namesAfter: (host, after, most) => other(host).namesAfter(after, most),
        handOver: (host, symbol, before, isYours) => other(host).handOver(symbol, before, isYours),
        hadParts: (host, request, symbols) => other(host).hadParts(request, symbols),
      },
      firstEdition: this.#config.FIRST_EDITION ? firstEditionOf(env) : null,
      sockets: () => this.#sockets,
      closingSockets: () => this.#sockets.closing,
      setAutoResponse: (isOn) => this.#setAutoResponse(isOn),
      restart: (why) => ctx.abort(why),
      logger: this.#logger,
    };
  }

  #setAutoResponse(isOn: boolean): void {
    const pair = isOn ? new WebSocketRequestResponsePair(PING, PONG) : undefined;
    this.ctx.setWebSocketAutoResponse(pair);
  }
}

function firstEditionOf(env: Env): FirstEdition {
  const room = (symbol: SymbolName) => firstRoomAt(env, symbol);
  const directory = () => firstDirectoryAt(env);
  return {
    namesAfter: (name, most) => directory().namesAfter(name, most),
    handOver: (symbol) => room(symbol).handOver(symbol),
    keysAfter: (symbol, key, most) => room(symbol).keysAfter(key, most),
    letGo: (symbol) => room(symbol).letGo(),
  };
}

/** Hosts are found by name alone. */
function nameOf({ id }: DurableObjectState): HostName {
  if (id.name === undefined) throw new Error("a host is asked for by its name");
  return id.name as HostName;
}
