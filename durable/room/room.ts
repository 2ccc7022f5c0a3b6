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
  type JoinRefusal,
  type JoinRequest,
  type PollPage,
  type RoomCalls,
  type RoomTail,
} from "../../src/bindings/room.ts";
import { configOf } from "../../src/config.ts";
import { bookOf } from "../../src/core/book-samples.ts";
import { seriesHash } from "../../src/core/series-hash.ts";
import { isStorageFull } from "../../src/core/storage-watch.ts";
import { writerShardOf } from "../../src/core/writer-shard.ts";
import { classifyFailure } from "../../src/db/database.ts";
import { readEarlierLife, readNewestCursor } from "../../src/db/read-earlier-life.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers.ts";
import { PING, PONG } from "../../src/protocol/heartbeat.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../src/protocol/time.ts";
import { SUBPROTOCOL } from "../../src/protocol/version.ts";
import { descriptorsOf } from "../../src/telemetry/descriptors.ts";
import { type Log, logOf } from "../../src/telemetry/log.ts";
import { Clock } from "../clock.ts";
import { KeyLedger } from "../keys/key-ledger.ts";
import { nextAlarmMs } from "./alarm-time.ts";
import { type AppendDeps, admissionOf, appendBatches } from "./append.ts";
import { ArchiveReads } from "./archive-reads.ts";
import { Arrivals } from "./arrivals.ts";
import { Audience } from "./audience.ts";
import { BookSampler } from "./book-sampler.ts";
import { readWord } from "./client-word.ts";
import { ConnectLimit } from "./connect-limit.ts";
import { OutboxDrain, PART_LIMIT } from "./drain.ts";
import { EARLIER_LIMITS, EarlierLifeSearch, lastValuesOf } from "./earlier-life.ts";
import { FAN_OUT_PACE } from "./fan-out-pace.ts";
import { LateBars } from "./late-bars.ts";
import { RoomLog } from "./log.ts";
import { RoomMemory } from "./memory.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { PingWatch } from "./ping-watch.ts";
import { readPoll } from "./poll.ts";
import { postgresArchive } from "./postgres-archive.ts";
import { readMinute } from "./read-minute.ts";
import { roomDatabase } from "./room-database.ts";
import { SeriesLimit } from "./series-limit.ts";
import { answerClose, Sockets } from "./sockets.ts";
import { mustLetGo } from "./stalled-sockets.ts";
import { StoredWaiters } from "./stored-waiters.ts";
import { type Resend, StoredWhere } from "./stored-where.ts";
import { ReportThrottle, summaryOf } from "./symbol-report.ts";
import { tailOf } from "./tail.ts";
import type { ViewerAttachment } from "./viewer.ts";
import { WINDOW_BYTES } from "./window.ts";

const REPORT_EVERY_MS = 1_000;
/** A room that is read asks so often which database it is. */
const LOOK_EVERY_MS = 30_000;
/** And waits so long for the answer: what is read meanwhile is no worse than without. */
const LOOK_WITHIN_MS = 1_000;
/** Whoever needs to know what was before a new log waits so long for it, in ms. */
const KNOWN_WITHIN_MS = 5_000;
const NOT_KNOWN_RETRY_S = 5;

/** The Durable Object of one symbol: a thin shell around the log, the audience and the drain. */
export class Room extends DurableObject<Env> implements RoomCalls {
  readonly #config = configOf(this.env);
  readonly #logger: Log = logOf("room", this.#config);
  readonly #database = roomDatabase(this.#config);
  readonly #sql = this.ctx.storage.sql;
  readonly #clock = new Clock();
  readonly #log = new RoomLog(this.#sql, this.#clock.nowUs());
  readonly #storedWhere = new StoredWhere(this.#sql, this.#log);
  readonly #memory = new RoomMemory(this.#sql, this.#log);
  readonly #keys = new KeyLedger(this.#sql);
  readonly #books = new BookSampler(this.#log, this.#memory);
  readonly #series = new SeriesLimit({
    sql: this.#sql,
    limit: this.#config.LIMIT_SERIES,
    known: () => this.#memory.foldToHead().metrics.map(seriesHash),
  });
  readonly #appendDeps: AppendDeps = {
    log: this.#log,
    keys: this.#keys,
    tradeWindow: this.#memory.tradeWindow,
    books: this.#books,
    series: this.#series,
    outboxLimitBytes: this.#config.LIMIT_OUTBOX_BYTES,
  };
  readonly #connects = new ConnectLimit(this.#config.LIMIT_CONNECTS_PER_MINUTE);
  readonly #waiters = new StoredWaiters();
  readonly #report = new ReportThrottle();
  readonly #sockets = new Sockets(
    (ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws),
    this.#clock.nowMs,
  );
  readonly #keepAwake = (work: Promise<void>) => this.ctx.waitUntil(work);
  readonly #sender = new OutboxSender({
    symbol: () => this.#symbolOrThrow(),
    outboxBytes: () => this.#log.outboxBytes,
    writerOf: (symbol) => this.#writerOf(symbol),
    unreachable: (symbol, error) =>
      this.#logger.warn("writer_unreachable", { symbol, detail: String(error) }),
  });
  readonly #drain = new OutboxDrain({
    log: this.#log,
    partLimit: PART_LIMIT,
    store: (part) => this.#sender.store(part),
    wait: this.#clock.wait,
    random: Math.random,
    keepAwake: this.#keepAwake,
    storedIn: (identity) => this.#hearDatabase(identity),
    onStored: (through) => this.#onStored(through),
  });
  readonly #earlier = new EarlierLifeSearch({
    log: this.#log,
    askPlace: () => this.#directory().earlierPlace(this.#symbolOrThrow()),
    beginFromNothing: () => this.#log.beginFromNothing(),
    place: () => this.#placeLog(this.#symbolOrThrow()),
    begin: () => this.#beginFromLife(this.#symbolOrThrow()),
    mayStoreNow: () => this.#drain.kick(),
    classify: classifyFailure,
    failed: ({ kind, detail }) => {
      // Whoever cannot write down what was before is told of the full disk by the Worker.
      const isSaid = isStorageFull(detail);
      const level = kind === "refused" ? "error" : isSaid ? "debug" : "warn";
      this.#logger[level]("earlier_life_unread", {
        symbol: this.#symbolOrThrow(),
        kind,
        detail,
      });
    },
    wait: this.#clock.wait,
    random: Math.random,
    keepAwake: this.#keepAwake,
  });
  readonly #arrivals = new Arrivals({
    appendAll: (batches) => this.#appendAll(this.#symbolOrThrow(), batches),
    tick: () => this.#clock.wait(0),
    nowMs: this.#clock.nowMs,
  });
  readonly #pings = new PingWatch({
    setAutoResponse: (isOn) => this.#setAutoResponse(isOn),
    nowMs: this.#clock.nowMs,
    wait: this.#clock.wait,
    keepAwake: this.#keepAwake,
  });
  readonly #lateBars = new LateBars({
    takeMinutes: (most) => this.#memory.takeOldMinutes(most),
    liveThrough: () => this.#audience?.liveThrough ?? null,
    readBar: (minuteUs, through) =>
      readMinute(this.#database(), this.#log, this.#symbolOrThrow(), minuteUs, through),
    send: (message) => this.#audience?.tellLive(message),
    wait: this.#clock.wait,
    keepAwake: this.#keepAwake,
    failed: (error) => this.#logger.warn("late_bars_untold", { ...classifyFailure(error) }),
  });
  readonly #name: { symbol: SymbolName | null };
  #audience: Audience | null = null;
  #archive: ArchiveReads | null = null;
  #alarmAtMs: number | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Polls that wait for the next append. */
  readonly #pollers = new Set<() => void>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#setAutoResponse(true);
    this.#name = { symbol: this.#readName() };
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
    if (this.#name.symbol === null) return;
    const audience = this.#audienceOf(this.#name.symbol);
    for (const ws of ctx.getWebSockets()) {
      if (!this.#sockets.isOpen(ws)) continue;
      audience.rejoin(this.#sockets.portOf(ws), ws.deserializeAttachment() as ViewerAttachment);
    }
    this.#kickDrain();
  }

  append(symbol: SymbolName, batch: AppendBatch): Promise<AppendOutcome> {
    this.#audienceOf(symbol);
    return this.#arrivals.append(batch);
  }

  #appendAll(symbol: SymbolName, batches: readonly AppendBatch[]): AppendOutcome[] {
    const outcomes = this.#orAbort(() =>
      appendBatches(this.#appendDeps, batches, this.#clock.nowUs()),
    );
    const isLogged = this.#logger.isEnabledFor("debug");
    for (const [index, { correlationId }] of batches.entries()) {
      const outcome = outcomes[index]?.kind;
      if (isLogged) {
        this.#logger.debug("appended", { correlation_id: correlationId, symbol, outcome });
      }
      if (outcome === "appended") this.#sender.remember(correlationId);
    }
    this.#appended(symbol);
    this.#armAlarm();
    this.#reportSoon(symbol);
    return outcomes;
  }

  /** There is more in the log: for viewers, for polls that wait, for Postgres. */
  #appended(symbol: SymbolName): void {
    this.#audienceOf(symbol).published();
    for (const wake of this.#pollers) wake();
    this.#kickDrain();
  }

  /** Will a batch be appended? Asked before one that goes to several rooms, so that all of them take it or none. */
  admits(idempotency: IdempotentRequest | null, series?: readonly number[]): Admission {
    return admissionOf(this.#appendDeps, idempotency, series);
  }

  /** Resolves when everything up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. */
  async untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    if (this.#log.storedThrough >= cursor) return true;
    this.#drain.hurry();
    return this.#clock.within(this.#waiters.wait(cursor), timeoutMs);
  }

  /** Events after `since`; where there are none, waits for the next ones, at most `waitMs`. */
  async poll(
    symbol: SymbolName,
    since: Cursor | null,
    limit: number,
    waitMs: number,
  ): Promise<PollPage> {
    await this.#isKnown(symbol);
    const from = since ?? this.#log.head;
    if (from >= this.#log.head && waitMs > 0) {
      await this.#nextAppend(waitMs);
    }
    return readPoll({ log: this.#log, readArchive: this.#archiveOf(symbol).read }, from, limit);
  }

  /** What Postgres does not surely have yet, at most about `maxEvents`; `cursor` is how far it goes. */
  async readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    await this.#isKnown(symbol);
    return tailOf(this.#log, maxEvents);
  }

  async positions(symbol: SymbolName): Promise<HeldPositions | null> {
    if (!(await this.#isKnown(symbol))) return null;
    const values = this.#memory.foldToHead();
    return {
      cursor: this.#log.head,
      positions: values.positions,
      isCut: values.truncated?.positions !== undefined,
    };
  }

  async book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    if (!(await this.#isKnown(symbol))) return null;
    return { symbol, cursor: this.#log.head, book: bookOf(this.#memory.foldToHead().book, levels) };
  }

  async summary(symbol: SymbolName): Promise<SymbolSummary | null> {
    if (!(await this.#isKnown(symbol))) return null;
    return summaryOf(symbol, this.#memory.foldToHead(), this.ctx.getWebSockets().length);
  }

  meetDatabase(symbol: SymbolName, identity: string): Resend {
    this.#audienceOf(symbol);
    this.#hearDatabase(identity);
    return this.#storedWhere.resendTo(identity);
  }

  /** True where it is another database than the one of before: what the log holds goes there. */
  #hearDatabase(identity: string): boolean {
    if (!this.#storedWhere.hear(identity)) return false;
    const { lostThrough } = this.#storedWhere.resendTo(identity);
    this.#logger.warn("room_stores_again", {
      symbol: this.#symbolOrThrow(),
      from: this.#log.prunedThrough,
      to: this.#log.head,
      ...(lostThrough !== null && { lost_from: CURSOR_ORIGIN, lost_to: lostThrough }),
      help: "another database has taken the place of the one that had it",
    });
    this.#kickDrain();
    this.#armAlarm();
    return true;
  }

  /** Asks at the first read of this life, and then now and again, whether the database is still the one it was. */
  async #lookAtDatabase(symbol: SymbolName): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#lookedAtMs && nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    const look = async () => {
      const identity = await this.#writerOf(symbol).identity();
      if (identity !== null) this.#hearDatabase(identity);
    };
    await this.#clock.within(
      look().catch(() => undefined),
      LOOK_WITHIN_MS,
    );
  }

  #writerOf(symbol: SymbolName) {
    const shard = writerShardOf(symbol, this.#config.WRITER_SHARDS);
    return this.env.WRITER.get(this.env.WRITER.idFromName(shard));
  }

  /** Is it known what was before the log? Waits for it, where it is new. */
  async #isKnown(symbol: SymbolName): Promise<boolean> {
    this.#audienceOf(symbol);
    await this.#lookAtDatabase(symbol);
    return this.#earlier.known((search) => this.#clock.within(search, KNOWN_WITHIN_MS));
  }

  async #placeLog(symbol: SymbolName): Promise<void> {
    const newest = await readNewestCursor(this.#database(), symbol, this.#log.prunedThrough);
    if (!this.#log.beginAfter(newest)) return;
    // What is in memory has the old cursors.
    await this.ctx.storage.sync();
    this.ctx.abort("the log has moved behind what Postgres has of this symbol");
  }

  async #beginFromLife(symbol: SymbolName): Promise<void> {
    const through = this.#log.prunedThrough;
    const life = await readEarlierLife(this.#database(), symbol, through, EARLIER_LIMITS);
    this.#memory.begin(lastValuesOf(life), life.tradeKeys);
    this.#series.keep(new Set(life.metrics.map(seriesHash)));
    this.#log.settle();
    this.#books.lookAgain();
    this.#armAlarm();
  }

  /** What is not in Postgres goes there, once nothing of an earlier life can be in its way. */
  #kickDrain(): void {
    if (this.#earlier.mayStore) this.#drain.kick();
    else this.#earlier.kick();
  }

  #directory() {
    return this.env.DIRECTORY.get(this.env.DIRECTORY.idFromName(DIRECTORY_NAME));
  }

  /** The WebSocket upgrade; the Worker has checked who asks and for what. */
  override async fetch(request: Request): Promise<Response> {
    const join = JSON.parse(request.headers.get(JOIN_HEADER) ?? "null") as JoinRequest;
    if (!(await this.#isKnown(join.symbol))) {
      return refusal("not_known_yet", NOT_KNOWN_RETRY_S);
    }
    const audience = this.#audienceOf(join.symbol);
    const limit = this.#config.LIMIT_VIEWERS;
    if (limit > 0 && audience.size >= limit) return refusal("full", 10);
    const socketLimit = this.#config.LIMIT_SOCKETS_PER_VIEWER;
    if (socketLimit > 0 && audience.socketsOf(join.viewerKey) >= socketLimit) {
      return refusal("sockets", 10);
    }
    const nowMs = this.#clock.nowMs();
    const retryAfterS =
      join.viewerKey === null ? null : this.#connects.admit(join.viewerKey, nowMs);
    if (retryAfterS !== null) return refusal("connects", retryAfterS);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const holder = { key: join.viewerKey, expiresAtMs: join.expiresAtMs };
    audience.join(this.#sockets.portOf(server), join.since, holder);
    this.#logger.info("viewer_joined", {
      correlation_id: join.correlationId,
      symbol: join.symbol,
      since: join.since,
      viewers: audience.size,
    });
    this.#armAlarm();
    this.#reportSoon(join.symbol);
    const headers = new Headers({ "x-correlation-id": join.correlationId });
    if (join.namesProtocol) headers.set("sec-websocket-protocol", SUBPROTOCOL);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer): void {
    this.#audience?.closeEnded();
    const viewer = this.#audience?.viewerOf(this.#sockets.portOf(ws));
    if (this.#audience === null || viewer === undefined) return;
    const nowMs = this.#clock.nowMs();
    this.#audience.heard(viewer);
    const limits = {
      messageBytes: this.#config.LIMIT_MESSAGE_BYTES,
      messagesPerSecond: this.#config.LIMIT_MESSAGES_PER_SECOND,
    };
    const word = readWord(viewer.messages, data, limits, nowMs);
    switch (word.kind) {
      case "message":
        this.#audience.acknowledged(viewer, word.message.cursor);
        return;
      case "ping":
        this.#audience.pinged(viewer);
        return;
      case "bad":
        this.#audience.complain(viewer, word.why);
        return;
      case "too_large":
        this.#audience.dismiss(viewer, "messageTooLarge");
        return;
      case "too_many":
        this.#audience.dismiss(viewer, "tooManyMessages");
        return;
      default:
        word satisfies never;
    }
  }

  override webSocketClose(ws: WebSocket, code: number): void {
    this.#left(ws);
    answerClose(ws, code);
  }

  override webSocketError(ws: WebSocket): void {
    this.#left(ws);
  }

  /** Looks after what no request would: the outbox after a crash, silent viewers, a quiet book, the outbox's position. */
  override alarm(): void {
    this.#alarmAtMs = null;
    this.#audience?.sweep();
    this.#pings.look(this.#sockets);
    this.#archive?.forgetUnused();
    this.#sampleBook(this.#clock.nowUs());
    this.#closeBar(this.#clock.nowUs());
    if (this.#log.outboxBytes === 0) this.#log.saveStored();
    this.#kickDrain();
    this.#armAlarm();
    if (this.#name.symbol !== null) this.#reportSoon(this.#name.symbol);
    this.#letGoOfStalled();
  }

  /** Where descriptors are counted, see there. */
  #letGoOfStalled(): void {
    const descriptors = descriptorsOf(this.env);
    const room = {
      closedForMs: this.#sockets.closedForMs,
      viewers: this.#audience?.size ?? 0,
      quietMs: this.#clock.nowMs() - this.#log.head / 1_000,
      isShort: descriptors?.hasRoomForViewer() === false,
    };
    if (descriptors !== null && mustLetGo(room)) {
      this.ctx.abort("clients that read nothing hold closed sockets");
    }
  }

  #sampleBook(momentUs: EpochUs): void {
    const keyframe = this.#books.takeDue(momentUs);
    if (keyframe === null) return;
    this.#orAbort(() => this.#log.append(keyframe, momentUs));
    this.#appended(this.#symbolOrThrow());
  }

  /** Says that the last bar before a silence is closed, to those who have all that is in it. */
  #closeBar(momentUs: EpochUs): void {
    if (this.#audience === null || this.#audience.liveThrough !== this.#log.head) return;
    if ((this.#memory.barDueUs ?? Number.POSITIVE_INFINITY) > momentUs) return;
    const bar = this.#memory.closeBar();
    if (bar !== null) this.#audience.tellLive(bar);
  }

  #orAbort<T>(append: () => T): T {
    try {
      return append();
    } catch (error) {
      // Memory may be ahead of the disk now, as with trades taken for seen: start again from what is on disk.
      this.ctx.abort(`append failed: ${String(error)}`);
      throw error;
    }
  }

  /** Who appends or drains has named the room before. */
  #symbolOrThrow(): SymbolName {
    const { symbol } = this.#name;
    if (symbol === null) throw new Error("a room without a name has events");
    return symbol;
  }

  #onStored(through: Cursor): void {
    this.#waiters.release(through);
    if (this.#log.prunable) this.#memory.prune();
  }

  #audienceOf(symbol: SymbolName): Audience {
    if (this.#audience !== null) return this.#audience;
    if (this.#name.symbol === null) {
      this.#name.symbol = symbol;
      this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('symbol', ?)", symbol);
    }
    this.#audience = new Audience({
      symbol,
      log: this.#log,
      windowBytes: WINDOW_BYTES,
      pace: FAN_OUT_PACE,
      foldToHead: () => this.#memory.foldToHead(),
      flushed: () => {
        if (this.#memory.hasOldMinutes) this.#lateBars.kick();
      },
      takeBars: (after, through) => this.#memory.takeBars(after, through),
      readArchive: this.#archiveOf(symbol).read,
      nowMs: this.#clock.nowMs,
      wait: this.#clock.wait,
      keepAwake: this.#keepAwake,
    });
    return this.#audience;
  }

  /** Resolves at the next append, or after `waitMs`. */
  async #nextAppend(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pollers.add(resolve);
    await this.#clock.within(promise, waitMs);
    this.#pollers.delete(resolve);
  }

  #archiveOf(symbol: SymbolName): ArchiveReads {
    this.#archive ??= new ArchiveReads({
      sql: this.#sql,
      read: postgresArchive(this.#database, this.#logger, symbol),
      wait: this.#clock.wait,
    });
    return this.#archive;
  }

  #setAutoResponse(isOn: boolean): void {
    const pair = isOn ? new WebSocketRequestResponsePair(PING, PONG) : undefined;
    this.ctx.setWebSocketAutoResponse(pair);
  }

  #left(ws: WebSocket): void {
    this.#audience?.leave(this.#sockets.portOf(ws));
    this.#sockets.forget(ws);
    if (this.#name.symbol !== null) this.#reportSoon(this.#name.symbol);
  }

  #readName(): SymbolName | null {
    const [row] = this.#sql.exec("SELECT value FROM meta WHERE key = 'symbol'");
    return (row?.["value"] as SymbolName | undefined) ?? null;
  }

  #armAlarm(): void {
    const nowMs = this.#clock.nowMs();
    const alarmMs = nextAlarmMs({
      nowMs,
      armedAtMs: this.#alarmAtMs,
      outboxBytes: this.#log.outboxBytes,
      viewers: (this.#audience?.size ?? 0) + this.#sockets.closing,
      nextEndMs: this.#audience?.nextEndMs ?? Number.POSITIVE_INFINITY,
      bookDueMs: this.#books.dueMs(nowMs),
      // Nobody else has to be told.
      barDueUs: this.#audience?.liveThrough == null ? null : this.#memory.barDueUs,
    });
    if (alarmMs === null) return;
    this.#alarmAtMs = alarmMs;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(alarmMs));
  }

  #reportSoon(symbol: SymbolName): void {
    const work = this.#report.request(REPORT_EVERY_MS, this.#clock.wait, async () => {
      try {
        const summary = await this.summary(symbol);
        if (summary !== null) await this.#directory().report(summary);
      } catch (error) {
        if (isStorageFull(error)) return;
        this.#logger.warn("directory_unreachable", { symbol, detail: String(error) });
      }
    });
    if (work !== null) this.ctx.waitUntil(work);
  }
}

function refusal(reason: JoinRefusal["reason"], retryAfterS: number): Response {
  return Response.json({ kind: "refused", reason, retryAfterS } satisfies JoinRefusal, {
    status: 429,
  });
}
