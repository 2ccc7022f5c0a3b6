import type {
  Acquaintance,
  HandedOver,
  HeldPositions,
  HostBatch,
  HostOutcome,
  HostRefusal,
  IdempotentRequest,
  JoinRefusal,
  JoinRequest,
  PollPage,
  Resend,
  RoomTail,
} from "../../src/bindings/host.ts";
import type { KeyClaim } from "../../src/bindings/keys.ts";
import type { EncodedFrame } from "../../src/core/encode-events.ts";
import { type HostName, hostOf } from "../../src/core/placement.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers.ts";
import type { LogId } from "../../src/protocol/log-id.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import { createSeriesTable } from "../room/append/series-limit.ts";
import { RoomLog } from "../room/log/room-log.ts";
import { createArchiveTable } from "../room/past/archive-reads.ts";
import { ReadTurns } from "../room/past/read-turns.ts";
import { RoomCore } from "../room/room-core.ts";
import { createStateTables } from "../room/state/room-state.ts";
import { PingWatch } from "../room/viewers/ping-watch.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";
import { nextAlarmMs } from "./alarm-time.ts";
import { AppendBatcher } from "./append/append-batcher.ts";
import { type AppendDeps, appendBatches, refusalOf } from "./append/plan-append.ts";
import { FanOut } from "./fan-out.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import { LoadedRooms } from "./loaded-rooms.ts";
import { FormerLogs } from "./log/former-logs.ts";
import { HostLog, type RoomId } from "./log/host-log.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Pruning } from "./pruning.ts";
import { Registry } from "./registry.ts";
import { handOver } from "./symbols/hand-over.ts";
import { HostSymbols } from "./symbols/host-symbols.ts";

const NOT_KNOWN_RETRY_S = 5;
/** Of what may wait for Postgres a symbol that it refuses has this share at the most. */
const REFUSED_SHARE = 1 / 8;

/**
 * A host: rooms, many or one, over one log, one outbox lane and one alarm, put together over ports. It is what ships, and what
 * the model test drives; the Durable Object around it knows the platform and nothing else. One of these is one waking life.
 */
export class HostCore {
  readonly #ports: HostPorts;
  readonly #settings: HostSettings;
  readonly #registry: Registry;
  readonly #log: HostLog;
  readonly #formerLogs: FormerLogs;
  readonly #symbols: HostSymbols;
  readonly #rooms: LoadedRooms;
  readonly #outbox: Outbox;
  readonly #append: AppendDeps<RoomCore>;
  readonly #batcher: AppendBatcher<HostBatch, HostOutcome>;
  readonly #fanOut: FanOut;
  readonly #pruning: Pruning;
  readonly #pings: PingWatch;
  readonly #turns = new ReadTurns();

  /** `asleep`: the sockets that slept with the host, each with its room. */
  constructor(
    settings: HostSettings,
    ports: HostPorts,
    asleep: Iterable<readonly [SymbolName, ViewerSocket, ViewerAttachment]>,
  ) {
    const { sql, clock, random, keepAwake, logger, name } = ports;
    const { limits, keeping, pace, partLimit } = settings;
    const { nowMs, wait } = clock;
    this.#settings = settings;
    this.#ports = ports;
    createStateTables(sql);
    createSeriesTable(sql);
    createArchiveTable(sql);
    const log = new HostLog(sql, clock.nowUs(), ports.newId, keeping);
    this.#log = log;
    this.#formerLogs = new FormerLogs(sql);
    this.#registry = new Registry(sql);
    this.#symbols = new HostSymbols({
      ...{ registry: this.#registry, sql, name, placement: limits, nowMs, keepAwake, wait },
      bornNow: () => log.head,
      ...ports.names,
      announce: ports.keeper.announce,
      handOver: (from, symbol) => this.#takeOver(from, symbol),
      newRoomsPerMinute: limits.LIMIT_NEW_ROOMS,
      logger,
    });
    this.#rooms = new LoadedRooms((symbol) => this.#load(symbol), nowMs);
    this.#outbox = new Outbox({
      ...{ host: name, sql, log, partLimit, clock, random, keepAwake, logger },
      writer: ports.writer,
      symbolOf: (room) => this.#registry.byId(room).symbol,
      mayStore: (room) => this.#mayStore(room),
      roomsHeld: () => this.#registry.size,
      lostThrough: () => this.#lostThrough(),
      mustStoreAgain: () => {
        this.#outbox.kick();
        this.#armAlarm();
      },
      onStored: () => this.#pruning.kick(),
    });
    this.#pruning = new Pruning({
      log,
      keepBeforeDrop: (room, through) =>
        this.#roomOf(this.#registry.byId(room).symbol).keepBeforeDrop(through),
      ...{ wait, keepAwake },
    });
    this.#append = {
      log,
      roomOf: (symbol) => this.#roomOf(symbol),
      recordOf: (symbol) => this.#symbols.roomFor(symbol),
      hasMoved: (symbol) => this.#hasMoved(symbol),
      refuseNew: (holder, symbols) => this.#symbols.refuseNew(holder, symbols),
      isFull: (symbols) => this.#isFull(symbols),
    };
    this.#batcher = new AppendBatcher({
      appendAll: (batches) => this.#appendAll(batches),
      tick: () => wait(0),
      nowMs,
    });
    this.#fanOut = new FanOut({ pace, wait, keepAwake });
    this.#pings = new PingWatch({
      setAutoResponse: (isOn) => ports.setAutoResponse(isOn),
      ...{ nowMs, wait, keepAwake },
    });
    for (const [symbol, socket, attachment] of asleep) {
      this.#roomOf(symbol).rejoin(socket, attachment);
    }
    // A book that was changed before the host died is sampled at the next alarm.
    for (const { symbol, hasBook } of this.#registry.all()) if (hasBook) this.#roomOf(symbol);
    this.#outbox.kick();
  }

  /** Cursor of the newest frame of any room. */
  get head(): Cursor {
    return this.#log.head;
  }

  get viewers(): number {
    let viewers = 0;
    for (const room of this.#rooms) viewers += room.viewers;
    return viewers;
  }

  /** Appends a batch whole or not at all, in one commit with those that arrive together with it. Rejects where it cannot be written down. */
  append(batch: HostBatch): Promise<HostOutcome> {
    return this.#batcher.append(batch);
  }

  /** What would be said to the batch? Null: it would be taken. */
  admits(batch: HostBatch): HostRefusal | null {
    return refusalOf(this.#append, batch, this.#ports.clock.nowUs());
  }

  /** Claims a key for a request that no room is asked for; durable when the turn is. */
  claim(request: IdempotentRequest): KeyClaim {
    const nowUs = this.#ports.clock.nowUs();
    const known = this.#log.findKey(request.key, nowUs);
    if (known !== null) return known.fingerprint === request.fingerprint ? "same" : "other";
    this.#orRestart(() => this.#log.append([], [{ request, rooms: [] }], nowUs));
    return "new";
  }

  /** Resolves when everything up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. */
  untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    return this.#outbox.untilStored(cursor, timeoutMs);
  }

  /** A room's page of events; of a symbol that nobody has pushed it waits for the first ones. */
  poll(
    symbol: SymbolName,
    since: Cursor | null,
    log: LogId | null,
    limit: number,
    waitMs: number,
  ): Promise<PollPage | null> {
    return this.#roomOf(symbol).poll(since, log, limit, waitMs);
  }

  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    return this.#roomOf(symbol).readTail(maxEvents);
  }

  positions(symbol: SymbolName): Promise<HeldPositions | null> {
    return this.#roomOf(symbol).positions();
  }

  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    return this.#roomOf(symbol).book(levels);
  }

  /** Every symbol of this host, by name. */
  list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    return this.#symbols.list((symbol) => this.#roomOf(symbol).summary());
  }

  know(symbols: readonly SymbolName[], news?: "bars"): void {
    this.#symbols.know(symbols, news);
  }

  acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance> {
    return this.#symbols.acquaintance(symbols);
  }

  /** A database says that it is this one: what does the host hold for it? */
  meetDatabase(identity: string): Resend {
    return this.#outbox.meet(identity);
  }

  /** The symbol is on another host from now on. */
  handOver(symbol: SymbolName): Promise<HandedOver> {
    return handOver(
      {
        registry: this.#registry,
        logId: this.#log.id,
        headOf: (record) => this.#log.lastOf(record.id) ?? record.before,
        dismissViewers: () => this.#rooms.find(symbol)?.dismissViewers(),
        untilStored: (cursor, timeoutMs) => this.#outbox.untilStored(cursor, timeoutMs),
      },
      symbol,
    );
  }

  /** A viewer connects; `accept` makes its socket, and is called only where it may come in. */
  async join(request: JoinRequest, accept: () => ViewerSocket): Promise<JoinRefusal | null> {
    const { symbol } = request;
    if (!this.#symbols.isKnown(symbol)) {
      // It may be waited for, but only where nobody knows anything of it.
      const { kind } = await this.#symbols.acquaintance([symbol]);
      if (kind === "unsure") {
        return { kind: "refused", reason: "not_known_yet", retryAfterS: NOT_KNOWN_RETRY_S };
      }
    }
    return this.#roomOf(symbol).join(request, accept);
  }

  /** A viewer said something. */
  heard(symbol: SymbolName, socket: ViewerSocket, data: string | ArrayBuffer): void {
    this.#rooms.find(symbol)?.heard(socket, data);
  }

  /** A viewer's socket closed or failed. */
  left(symbol: SymbolName, socket: ViewerSocket): void {
    this.#rooms.find(symbol)?.left(socket);
  }

  /** Looks after what no request would: the outbox after a crash, and what its rooms have due. */
  alarm(): void {
    this.#pings.look(this.#ports.sockets());
    for (const room of this.#rooms) room.alarm();
    while (this.#rooms.unloadUnused());
    if (this.#outbox.bytes === 0) this.#log.saveStored();
    this.#outbox.kick();
    this.#pruning.kick();
    this.#symbols.lookAfter();
    this.#armAlarm();
  }

  #roomOf(symbol: SymbolName): RoomCore {
    const room = this.#rooms.of(symbol);
    // Somebody waited for it before anything was known of it.
    const record = room.log.id === null ? this.#registry.find(symbol) : undefined;
    if (record !== undefined) room.log.adopt(record);
    return room;
  }

  #load(symbol: SymbolName): RoomCore {
    const { sql, clock, random, keepAwake, logger, archiveOf } = this.#ports;
    const record = this.#registry.find(symbol) ?? null;
    const shared = {
      ...{ log: this.#log, registry: this.#registry, held: this.#outbox.held },
      former: this.#formerLogs,
    };
    const log = new RoomLog(shared, record);
    const room: RoomCore = new RoomCore(symbol, log, this.#settings, {
      ...{ sql, clock, random, keepAwake, logger, turns: this.#turns },
      archive: archiveOf(symbol),
      earlierPlace: () => this.#symbols.earlierPlace(symbol),
      lookAtDatabase: () => this.#outbox.lookAtDatabase(),
      mayStoreNow: () => this.#outbox.kick(),
      appendOwn: (frames) => this.#appendOwn(room, frames),
      armAlarm: () => this.#armAlarm(room),
    });
    return room;
  }

  /** Whoever had a symbol gives it away. The log that it was in is known before the symbol has its place (SPEC C-6). */
  async #takeOver(from: HostName | "first-edition", symbol: SymbolName): Promise<HandedOver> {
    const answer = await this.#ports.handOver(from, symbol);
    if (answer.kind === "handed_over" && answer.log !== null) this.#formerLogs.add(answer.log);
    return answer;
  }

  /** A room whose frames are in the way of the outbox looks at once for what was before it. */
  #mayStore(id: RoomId): boolean {
    const { symbol, pending } = this.#registry.byId(id);
    if (pending !== "place") return true;
    const room = this.#roomOf(symbol);
    room.lookBack();
    return room.mayStore;
  }

  /** Producers have to wait for Postgres: all, or those of a symbol whose events it refuses. */
  #isFull(symbols: readonly SymbolName[]): boolean {
    const { LIMIT_OUTBOX_BYTES: limit } = this.#settings.limits;
    if (limit === 0) return false;
    const heldBytes = (symbol: SymbolName) => {
      const record = this.#registry.find(symbol);
      return record === undefined ? 0 : (this.#outbox.held.of(record.id)?.bytes ?? 0);
    };
    if (this.#outbox.bytes >= limit) return true;
    return symbols.some((symbol) => heldBytes(symbol) >= limit * REFUSED_SHARE);
  }

  /** Up to here Postgres alone had what was of some room; null where the log reaches back to the beginning of each. */
  #lostThrough(): Cursor | null {
    let lost: number | null = null;
    for (const { reaches, before } of this.#registry.all()) {
      if (!reaches) lost = Math.max(lost ?? 0, before);
    }
    return lost as Cursor | null;
  }

  #hasMoved(symbol: SymbolName): boolean {
    const { limits } = this.#settings;
    return (
      hostOf(symbol, limits) !== this.#ports.name || this.#registry.find(symbol)?.isSealed === true
    );
  }

  #appendAll(batches: readonly HostBatch[]): HostOutcome[] {
    const { clock, logger } = this.#ports;
    const { outcomes, rooms } = this.#orRestart(() =>
      appendBatches(this.#append, batches, clock.nowUs()),
    );
    const isLogged = logger.isEnabledFor("debug");
    for (const [at, { correlationId, rooms: parts }] of batches.entries()) {
      const outcome = outcomes[at]?.kind;
      if (isLogged) {
        const symbols = parts.map(({ symbol }) => symbol);
        logger.debug("appended", { correlation_id: correlationId, symbols, outcome });
      }
      if (outcome === "appended") this.#outbox.remember(correlationId);
    }
    this.#published(rooms);
    return outcomes;
  }

  #appendOwn(room: RoomCore, frames: readonly EncodedFrame[]): void {
    const { id } = room.log;
    if (id === null) return;
    const [cursor] = this.#orRestart(() =>
      this.#log.append([{ room: id, frames }], [], this.#ports.clock.nowUs()),
    );
    room.log.appended(cursor as Cursor);
    this.#published([room]);
  }

  #published(rooms: readonly RoomCore[]): void {
    this.#fanOut.published(rooms);
    this.#outbox.kick();
    this.#armAlarm(...rooms);
  }

  #orRestart<T>(append: () => T): T {
    try {
      return append();
    } catch (error) {
      // Memory may be ahead of the disk now, as with trades taken for seen: start again from what is on disk.
      this.#ports.restart(`append failed: ${String(error)}`);
      throw error;
    }
  }

  /** `touched`: rooms that something has happened to; without any, all of them are asked. */
  #armAlarm(...touched: readonly RoomCore[]): void {
    const { clock, alarm, closingSockets } = this.#ports;
    const nowMs = clock.nowMs();
    const alarmMs = nextAlarmMs({
      nowMs,
      armedAtMs: alarm.atMs(),
      outboxBytes: this.#outbox.bytes,
      isClosing: closingSockets() > 0,
      dueMs: earliest(touched.length > 0 ? touched : this.#rooms, nowMs),
    });
    if (alarmMs !== null) alarm.set(alarmMs);
  }
}

function earliest(rooms: Iterable<RoomCore>, nowMs: number): number | null {
  let earliestMs: number | null = null;
  for (const room of rooms) {
    const dueMs = room.dueMs(nowMs);
    if (dueMs !== null && (earliestMs === null || dueMs < earliestMs)) earliestMs = dueMs;
  }
  return earliestMs;
}
