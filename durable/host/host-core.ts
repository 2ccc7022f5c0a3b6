import type {
  Acquaintance,
  HadPart,
  HandedOver,
  HeldPositions,
  HostBatch,
  HostOutcome,
  HostRefusal,
  IdempotentRequest,
  JoinRefusal,
  JoinRequest,
  KeyClaim,
  PollPage,
  Resend,
  RoomTail,
  TailFound,
} from "../../src/bindings/host.ts";
import { objectFailureOf } from "../../src/core/limits/object-failure.ts";
import { isStorageFull } from "../../src/core/limits/storage-watch.ts";
import { hostOf, symbolOf } from "../../src/core/placement/placement.ts";
import { failureOf, lineOf } from "../../src/db/driver/database-error.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers/answers.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { createSeriesTable } from "../room/append/series-limit.ts";
import { momentOf, nothingYet } from "../room/log/poll.ts";
import { createArchiveTable } from "../room/past/archive-reads.ts";
import { ReadTurns } from "../room/past/read-turns.ts";
import type { RoomCore } from "../room/room-core.ts";
import { createStateTables } from "../room/state/room-state.ts";
import { PingWatch } from "../room/viewers/door/ping-watch.ts";
import { PAGES_CHARS, PageMemory } from "../room/viewers/replay-pages.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";
import { earliestDueMs, nextAlarmMs } from "./alarm-time.ts";
import { HostAppend } from "./append/host-append.ts";
import { KnownRequests } from "./append/known-requests.ts";
import { TradeWindows } from "./append/trade-windows.ts";
import { CatchUp, WORTH_ROOMS } from "./catch-up.ts";
import { FanOut } from "./fan-out.ts";
import { Feeding } from "./feeds/feeding.ts";
import { Feeds } from "./feeds/feeds.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import { loadRoom } from "./load-room.ts";
import { LoadedRooms } from "./loaded-rooms.ts";
import { FormerLogs, rememberingLogs } from "./log/former-logs.ts";
import { HostLog, type RoomId } from "./log/host-log.ts";
import { isFull } from "./outbox/is-full.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { Storable } from "./outbox/outbox-log.ts";
import { Pruning } from "./pruning.ts";
import { Registry, type RoomRecord } from "./registry.ts";
import { searchTail } from "./search-tail.ts";
import { FirstEditionKeys } from "./symbols/first-edition-keys.ts";
import { handOver } from "./symbols/hand-over.ts";
import { HostMeta } from "./symbols/host-meta.ts";
import { HostSymbols } from "./symbols/host-symbols.ts";
import { Predecessors } from "./symbols/predecessors.ts";

const NOT_KNOWN_RETRY_S = 1;
/** What former rooms of a symbol have must be in Postgres before it has a place: whoever asks waits so long, in ms. */
const STORED_WITHIN_MS = 5_000;

/**
 * A host: rooms, many or one, over one log, one outbox lane and one alarm, put together over ports. It is what ships, and what
 * the model test drives; the Durable Object around it knows the platform and nothing else. One of these is one waking life.
 */
export class HostCore {
  readonly #ports: HostPorts;
  readonly #settings: HostSettings;
  readonly #registry: Registry;
  readonly #log: HostLog;
  readonly #symbols: HostSymbols;
  readonly #predecessors: Predecessors;
  readonly #firstKeys: FirstEditionKeys;
  readonly #rooms: LoadedRooms;
  readonly #outbox: Outbox;
  readonly #append: HostAppend;
  readonly #fanOut: FanOut;
  readonly #feeds: Feeds;
  /** What relays ask. */
  readonly feeding: Feeding;
  readonly #pruning: Pruning;
  readonly #catchUp: CatchUp;
  readonly #pings: PingWatch;

  /** `asleep`: the sockets that slept with the host, each with its room. */
  constructor(
    settings: HostSettings,
    ports: HostPorts,
    asleep: Iterable<readonly [SymbolName, ViewerSocket, ViewerAttachment]>,
  ) {
    const { sql, clock, random, keepAwake, logger, name } = ports;
    const { limits, keeping, pace, partLimit } = settings;
    const { nowMs, wait } = clock;
    const own = symbolOf(name);
    this.#settings = settings;
    this.#ports = ports;
    createStateTables(sql);
    createSeriesTable(sql);
    createArchiveTable(sql);
    const log = new HostLog(sql, clock.nowUs(), ports.newId, keeping);
    this.#log = log;
    const former = new FormerLogs(sql);
    const turns = new ReadTurns();
    const pages = new PageMemory(PAGES_CHARS);
    this.#registry = new Registry(sql);
    const meta = new HostMeta(sql);
    const firstKeys = new FirstEditionKeys(sql);
    this.#firstKeys = firstKeys;
    this.#predecessors = new Predecessors({
      ...{ host: name, placement: limits, meta, nowMs },
      isUsed: () => this.#registry.size > 0,
      head: () => log.head,
      ...{ keeper: ports.keeper, firstEdition: ports.firstEdition },
      others: rememberingLogs(ports.others, former),
      rememberKeys: (symbol, keys) => firstKeys.remember(symbol, keys),
      failed: (event, error) => this.#failed(event, error),
    });
    const known = new KnownRequests({
      ...{ log, predecessors: this.#predecessors, firstKeys, nowUs: clock.nowUs },
      roomsOf: (symbol) => this.#idsOf(symbol),
      headOf: (symbol) => this.#roomOf(symbol).log.head,
    });
    this.#symbols = new HostSymbols({
      ...{ registry: this.#registry, meta, predecessors: this.#predecessors, nowMs },
      isMine: (symbol) => hostOf(symbol, limits) === name,
      leaveRoom: ({ symbol }) => {
        this.#roomOf(symbol).dismiss();
        this.#rooms.drop(symbol);
      },
      hasFrames: ({ id }) => this.#headOf([id]) > 0,
      bornNow: () => log.head,
      ...ports.names,
      // A host of one symbol need not read the names of all.
      ...(own !== null && { readStored: () => ports.names.find([own]) }),
      newRoomsPerMinute: limits.LIMIT_NEW_ROOMS,
      isRestStored: (symbol) =>
        this.#outbox.untilStored(this.#headOf(this.#registry.formerOf(symbol)), STORED_WITHIN_MS),
      pause: () => wait(0),
      keepAwake: (work) => keepAwake(work.then(() => undefined)),
      failed: (event, error) => this.#failed(event, error),
    });
    this.#feeds = new Feeds({
      ...{ sql, log: log.id, clock, random, keepAwake, logger },
      logOf: (symbol) => {
        const room = this.#roomOf(symbol);
        return room.log.isPlaced ? room.log : null;
      },
      feed: (relay, feed) => ports.relays.feed(relay, feed),
    });
    this.feeding = new Feeding({
      ...{ log: log.id, formerLogs: () => former.all, feeds: this.#feeds },
      mayKnow: (symbol) => this.#mayKnow(symbol),
      roomOf: (symbol) => this.#roomOf(symbol),
      viewersHere: (symbol) => this.#rooms.find(symbol)?.viewers ?? 0,
      armAlarm: (room) => this.#armAlarm([room]),
    });
    const load = (symbol: SymbolName) =>
      loadRoom(
        {
          ...{ ports, settings, symbols: this.#symbols, outbox: this.#outbox, feeds: this.#feeds },
          shared: { log, registry: this.#registry, held: this.#outbox.held, former },
          ...{ turns, pages },
          appendOwn: (room, frames) => this.#append.appendOwn(room, frames),
          armAlarm: (room) => this.#armAlarm([room]),
          activated: (room) => this.#rooms.activated(room),
        },
        symbol,
      );
    this.#rooms = new LoadedRooms(load, nowMs, () => wait(0));
    this.#outbox = new Outbox({
      ...{ host: name, sql, log, partLimit, clock, random, keepAwake, logger },
      writer: ports.writer,
      symbolOf: (room) => this.#registry.byId(room).symbol,
      storable: (room) => this.#storable(room),
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
      mayDrop: (through) => this.#mayDrop(through),
      keepBeforeDrop: (room, through) => {
        this.#roomOf(this.#registry.byId(room).symbol).keepBeforeDrop(through);
        this.#registry.noteDropped(room, through);
      },
      ...{ wait, keepAwake },
    });
    this.#catchUp = new CatchUp({
      log,
      roomOf: ({ symbol }) => this.#roomOf(symbol),
      pause: () => wait(0),
    });
    const windows = new TradeWindows({
      log,
      roomOf: (symbol) => {
        const record = this.#registry.find(symbol);
        return record === undefined || record.isSealed ? null : this.#roomOf(symbol);
      },
      pause: () => wait(0),
    });
    this.#append = new HostAppend({
      ...{ log, known, windows, symbols: this.#symbols, ports },
      roomOf: (symbol) => this.#roomOf(symbol),
      hasMoved: (symbol) => this.#hasMoved(symbol),
      isFull: (symbols) => isFull(this.#outbox, this.#registry, symbols, limits.LIMIT_OUTBOX_BYTES),
      taken: (correlationId) => this.#outbox.remember(correlationId),
      published: (rooms) => this.#published(rooms),
    });
    this.#fanOut = new FanOut({ pace, nowMs, wait, keepAwake });
    this.#pings = new PingWatch({
      setAutoResponse: (isOn) => ports.setAutoResponse(isOn),
      ...{ nowMs, wait, keepAwake },
    });
    for (const [symbol, socket, attachment] of asleep) {
      this.#roomOf(symbol).rejoin(socket, attachment);
    }
    for (const symbol of this.#feeds.resume()) {
      if (this.#registry.find(symbol)?.isSealed) this.#feeds.ofRoom(symbol).dismiss();
      else this.#roomOf(symbol).rewatch();
    }
    this.#symbols.begin();
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
    for (const room of this.#rooms.active()) viewers += room.viewers;
    return viewers;
  }

  /** Appends a batch whole or not at all, in one commit with those that arrive together with it. Rejects where it cannot be written down. */
  append(batch: HostBatch): Promise<HostOutcome> {
    return this.#append.append(batch);
  }

  /** Has this host had the parts of a request for these symbols, by place? */
  hadParts(request: IdempotentRequest, symbols: readonly SymbolName[]): HadPart[] {
    return this.#append.hadParts(request, symbols);
  }

  /** What would be said to the batch? Null: it would be taken. */
  admits(batch: HostBatch): Promise<HostRefusal | null> {
    return this.#append.admits(batch);
  }

  /** Claims a key for a request that no room is asked for; durable when the turn is. */
  claim(request: IdempotentRequest): KeyClaim {
    return this.#append.claim(request);
  }

  /** Resolves when everything up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. */
  async untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    const { nowMs } = this.#ports.clock;
    const endMs = nowMs() + timeoutMs;
    for (;;) {
      const end = this.#log.endOf(cursor);
      const leftMs = Math.min(timeoutMs, Math.max(0, endMs - nowMs()));
      if (!(await this.#outbox.untilStored(end, leftMs))) return false;
      // What somebody waits for may have moved meanwhile, behind an earlier life.
      if (this.#log.endOf(cursor) === end) return true;
    }
  }

  /** A room's page of events; of a symbol that nobody has pushed it waits for the first ones. */
  async poll(
    symbol: SymbolName,
    since: Cursor | null,
    limit: number,
    waitMs: number,
    log: LogId | null = null,
  ): Promise<PollPage> {
    // Postgres may know what nobody has pushed here; where it cannot be asked nothing of it may be passed over.
    if (!this.#symbols.isKnown(symbol)) {
      const { kind } = await this.#symbols.acquaintance([symbol]);
      if (kind === "unsure")
        return nothingYet(since ?? momentOf(this.head, this.#ports.clock), log);
    }
    return this.#roomOf(symbol).poll(since, limit, waitMs, log);
  }

  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    return this.#roomOf(symbol).readTail(maxEvents);
  }

  /** Frames of any room that Postgres does not surely have, and whose text holds `text`. */
  searchTail(text: string): TailFound {
    const { held } = this.#outbox;
    const symbolOf = (room: RoomId) => this.#registry.byId(room).symbol;
    const logs = (most: number) =>
      [...held.roomIds].slice(0, most).map((room) => {
        const { symbol, log } = this.#roomOf(symbolOf(room));
        return { symbol, log };
      });
    return searchTail({ log: this.#log, symbolOf, held: logs }, text);
  }

  positions(symbol: SymbolName): Promise<HeldPositions | null> {
    return this.#roomOf(symbol).positions();
  }

  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    return this.#roomOf(symbol).book(levels);
  }

  /** Every symbol of this host, by name. */
  async list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    await this.#catchUp.run([...this.#registry.all()]);
    return this.#symbols.list(({ symbol }) => this.#roomOf(symbol).summary());
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

  /** The next names of symbols here, in order, for a host that has got some of them. */
  namesAfter(name: SymbolName | "", most: number): SymbolName[] {
    return this.#symbols.namesAfter(name, most);
  }

  /** The symbol is on another host by other settings, which asks for it: see `HostCalls`. */
  handOver(symbol: SymbolName, before: number, isYours: boolean): Promise<HandedOver> {
    const deps = {
      ...{ registry: this.#registry, predecessors: this.#predecessors, logId: this.#log.id },
      isMine: (one: SymbolName) => hostOf(one, this.#settings.limits) === this.#ports.name,
      bornNow: () => this.#log.head,
      comesBack: (record: RoomRecord, number: number) => this.#symbols.comesBack(record, number),
      isKnown: (record: RoomRecord) => this.#roomOf(record.symbol).isKnown(),
      headOf: (rooms: readonly RoomId[]) => this.#headOf(rooms),
      dismiss: (record: RoomRecord) => this.#roomOf(record.symbol).dismiss(),
      untilStored: (cursor: Cursor, timeoutMs: number) =>
        this.#outbox.untilStored(cursor, timeoutMs),
    };
    return handOver(deps, symbol, before, isYours);
  }

  /** Whoever watches or polls is to come back: the runtime ends. */
  sayGoodbye(): void {
    for (const room of this.#rooms.active()) room.sendAway();
  }

  /** Cursor of the newest frame of these rooms that is here; 0 where they have none. */
  #headOf(rooms: readonly RoomId[]): Cursor {
    // What Postgres refuses may not be in the log any more.
    const lastOf = (room: RoomId) => this.#log.lastOf(room) ?? this.#outbox.held.lastOf(room) ?? 0;
    return Math.max(0, ...rooms.map(lastOf)) as Cursor;
  }

  /** A viewer connects; `accept` makes its socket, and is called only where it may come in. */
  async join(request: JoinRequest, accept: () => ViewerSocket): Promise<JoinRefusal | null> {
    const { symbol } = request;
    if (!(await this.#mayKnow(symbol))) {
      return { kind: "refused", reason: "not_known_yet", retryAfterS: NOT_KNOWN_RETRY_S };
    }
    return this.#roomOf(symbol).join(request, accept);
  }

  /** It may be waited for, whether or not Postgres can be asked, but for a host that does not know yet what was before it. */
  async #mayKnow(symbol: SymbolName): Promise<boolean> {
    return this.#symbols.isKnown(symbol) || (await this.#symbols.learn());
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
  async alarm(): Promise<void> {
    this.#outbox.kick();
    this.#pings.look(this.#ports.sockets());
    const folding = [...this.#rooms.active()].filter(({ foldsAtAlarm }) => foldsAtAlarm);
    if (folding.length >= WORTH_ROOMS) {
      const records = folding.map(({ symbol }) => this.#registry.find(symbol));
      await this.#catchUp.run(records.filter((record) => record !== undefined));
    }
    for (const room of this.#rooms.active()) room.alarm();
    if (this.#outbox.bytes === 0) this.#log.saveStored();
    this.#firstKeys.forgetOld(this.#ports.clock.nowUs());
    this.#pruning.kick();
    if (!this.#symbols.isSettled) this.#ports.keepAwake(this.#symbols.lookAfter());
    this.#armAlarm();
    // Last, for it lets others at the host, and what is unloaded has nothing due.
    await this.#rooms.unloadUnused();
  }

  /** Every room that a symbol has had on this host. */
  #idsOf(symbol: SymbolName): RoomId[] {
    const record = this.#registry.find(symbol);
    return [...this.#registry.formerOf(symbol), ...(record === undefined ? [] : [record.id])];
  }

  #failed(event: string, error: unknown): void {
    const { level, fields } = lineOf(error);
    this.#ports.logger[level](event, { host: this.#ports.name, ...fields });
    // A bug is told to whoever asked; of what is away or begins anew things are unknown for now.
    if (failureOf(error) === null && !isPassing(error)) throw error;
  }

  #roomOf(symbol: SymbolName): RoomCore {
    const room = this.#rooms.of(symbol);
    // Somebody waited for it before anything was known of it.
    const record = room.log.id === null ? this.#registry.find(symbol) : undefined;
    if (record !== undefined) room.log.adopt(record);
    return room;
  }

  /** A room whose frames are in the way of the outbox looks at once for what was before it. */
  #storable(id: RoomId): Storable {
    const { symbol, pending } = this.#registry.byId(id);
    if (pending !== "place") return "now";
    const room = this.#roomOf(symbol);
    room.lookBack();
    if (room.mayStore) return "now";
    return room.awaitsOthers ? "aside" : "soon";
  }

  /** Frames of a room that has no place yet may have to leave their rows for others. */
  #mayDrop(through: Cursor): boolean {
    const { held } = this.#outbox;
    for (const id of held.roomIds) {
      const first = held.of(id)?.first ?? Number.POSITIVE_INFINITY;
      if (first <= through && this.#registry.byId(id).pending === "place") return false;
    }
    return true;
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
    if (hostOf(symbol, this.#settings.limits) !== this.#ports.name) return true;
    const isSealed = this.#registry.find(symbol)?.isSealed === true;
    // It may be claimed back.
    return isSealed && this.#symbols.roomFor(symbol).isSealed;
  }

  #published(rooms: readonly RoomCore[]): void {
    this.#fanOut.published(rooms);
    this.#outbox.kick();
    this.#armAlarm(rooms);
  }

  /** `touched`: rooms that something has happened to; without it, all that may have something due are asked. */
  #armAlarm(touched: Iterable<RoomCore> = this.#rooms.active()): void {
    const { clock, alarm, closingSockets } = this.#ports;
    const nowMs = clock.nowMs();
    const alarmMs = nextAlarmMs({
      nowMs,
      armedAtMs: alarm.atMs(),
      outboxBytes: this.#outbox.bytes,
      isClosing: closingSockets() > 0,
      dueMs: earliestDueMs(touched, nowMs),
    });
    if (alarmMs !== null) alarm.set(alarmMs);
  }
}

/** An object that began anew, or has no room to write, is no bug: it goes on by itself. */
function isPassing(error: unknown): boolean {
  return isStorageFull(error) || objectFailureOf(error) !== null;
}
