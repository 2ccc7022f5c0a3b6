import type { AlertCatalog, HeldAlerts } from "../../src/bindings/alerts.ts";
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
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers/answers.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { momentOf, nothingYet } from "../room/log/poll.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";
import { composeHost, type HostParts } from "./compose-host.ts";
import type { Feeding } from "./feeds/feeding.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import type { RoomId } from "./log/host-log.ts";
import { searchTail } from "./search-tail.ts";
import { type HandOverDeps, handOver } from "./symbols/earlier/hand-over.ts";

const NOT_KNOWN_RETRY_S = 1;

/**
 * A host: rooms, many or one, over one log, one outbox lane and one alarm, put together over ports. It is what ships, and what
 * the model test drives; the Durable Object around it knows the platform and nothing else. One of these is one waking life.
 */
export class HostCore {
  /** What relays ask. */
  readonly feeding: Feeding;
  readonly #ports: HostPorts;
  readonly #parts: HostParts;

  /** `asleep`: the sockets that slept with the host, each with its room. */
  constructor(
    settings: HostSettings,
    ports: HostPorts,
    asleep: Iterable<readonly [SymbolName, ViewerSocket, ViewerAttachment]>,
  ) {
    const parts = composeHost(settings, ports);
    const { rooms, feeds, registry, symbols, outbox, alerts } = parts;
    this.#ports = ports;
    this.#parts = parts;
    this.feeding = parts.feeding;
    for (const [symbol, socket, attachment] of asleep) {
      rooms.of(symbol).rejoin(socket, attachment);
    }
    for (const symbol of feeds.resume()) {
      if (registry.find(symbol)?.isSealed) feeds.ofRoom(symbol).dismiss();
      else rooms.of(symbol).rewatch();
    }
    symbols.begin();
    alerts.begin();
    // A book that was changed before the host died is sampled at the next alarm.
    for (const { symbol, hasBook } of registry.all()) if (hasBook) rooms.of(symbol);
    outbox.kick();
  }

  /** Cursor of the newest frame of any room. */
  get head(): Cursor {
    return this.#parts.log.head;
  }

  get viewers(): number {
    let viewers = 0;
    for (const room of this.#parts.loaded.active()) viewers += room.viewers;
    return viewers;
  }

  /** Appends a batch whole or not at all, in one commit with those that arrive together with it. Rejects where it cannot be written down. */
  append(batch: HostBatch): Promise<HostOutcome> {
    return this.#parts.append.append(batch);
  }

  /** Has this host had the parts of a request for these symbols, by place? */
  hadParts(request: IdempotentRequest, symbols: readonly SymbolName[]): HadPart[] {
    return this.#parts.append.hadParts(request, symbols);
  }

  /** What would be said to the batch? Null: it would be taken. */
  admits(batch: HostBatch): Promise<HostRefusal | null> {
    return this.#parts.append.admits(batch);
  }

  /** Claims a key for a request that no room is asked for; durable when the turn is. */
  claim(request: IdempotentRequest): KeyClaim {
    return this.#parts.append.claim(request);
  }

  /**
   * Resolves when everything up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. `mayBeElsewhere`:
   * symbols of which another host may have had it, as where a request is sent again; what that has is in Postgres when it has
   * handed the symbol over, and its cursors may be ahead of this log.
   */
  async untilStored(
    cursor: Cursor,
    timeoutMs: number,
    mayBeElsewhere: readonly SymbolName[] = [],
  ): Promise<boolean> {
    const { log, outbox, registry, rooms, symbols } = this.#parts;
    const { nowMs } = this.#ports.clock;
    const endMs = nowMs() + timeoutMs;
    const leftMs = () => Math.min(timeoutMs, Math.max(0, endMs - nowMs()));
    symbols.makeRooms(mayBeElsewhere);
    const isElsewhere = (symbol: SymbolName) => registry.find(symbol)?.pending === "place";
    for (const symbol of mayBeElsewhere) if (isElsewhere(symbol)) rooms.of(symbol).lookBack();
    const isPlaced = () => !mayBeElsewhere.some(isElsewhere);
    if (!(await outbox.untilPlaced(isPlaced, leftMs()))) return false;
    const wanted = mayBeElsewhere.length === 0 ? cursor : (Math.min(cursor, log.head) as Cursor);
    for (;;) {
      const end = log.endOf(wanted);
      if (!(await outbox.untilStored(end, leftMs()))) return false;
      // What somebody waits for may have moved meanwhile, behind an earlier life.
      if (log.endOf(wanted) === end) return true;
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
    if (!this.#parts.symbols.isKnown(symbol)) {
      const { kind } = await this.#parts.symbols.acquaintance([symbol]);
      if (kind === "unsure")
        return nothingYet(since ?? momentOf(this.head, this.#ports.clock), log);
    }
    return this.#parts.rooms.of(symbol).poll(since, limit, waitMs, log);
  }

  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    return this.#parts.rooms.of(symbol).readTail(maxEvents);
  }

  /** Frames of any room that Postgres does not surely have, and whose text holds `text`. */
  searchTail(text: string): TailFound {
    const { outbox, registry, rooms, log } = this.#parts;
    const symbolOf = (room: RoomId) => registry.byId(room).symbol;
    const logs = (most: number) =>
      [...outbox.held.roomIds].slice(0, most).map((room) => rooms.of(symbolOf(room)));
    return searchTail({ log, symbolOf, held: logs }, text);
  }

  positions(symbol: SymbolName): Promise<HeldPositions | null> {
    return this.#parts.rooms.of(symbol).positions();
  }

  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    return this.#parts.rooms.of(symbol).book(levels);
  }

  /** Every symbol of this host, by name. */
  async list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    await this.#parts.catchUp.run(this.#parts.registry.all());
    return this.#parts.symbols.list(({ symbol }) => this.#parts.rooms.of(symbol).summary());
  }

  /** Alerts that are pending or firing, of a symbol or of all. */
  activeAlerts(symbol: SymbolName | null): Promise<HeldAlerts> {
    return this.#parts.alerts.active(symbol);
  }

  /** These are the rules of alerts now. */
  takeRules(catalog: AlertCatalog): void {
    this.#parts.alerts.take(catalog);
  }

  know(symbols: readonly SymbolName[], news?: "bars"): void {
    this.#parts.symbols.know(symbols, news);
  }

  acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance> {
    return this.#parts.symbols.acquaintance(symbols);
  }

  /** A database says that it is this one: what does the host hold for it? */
  meetDatabase(identity: string): Resend {
    return this.#parts.outbox.meet(identity);
  }

  /** The next names of symbols here, in order, for a host that has got some of them. */
  namesAfter(name: SymbolName | "", most: number): SymbolName[] {
    return this.#parts.symbols.namesAfter(name, most);
  }

  /** The symbol is on another host by other settings, which asks for it: see `HostCalls`. */
  handOver(symbol: SymbolName, before: number, isYours: boolean): Promise<HandedOver> {
    const { log, registry, predecessors, symbols, rooms, outbox, alerts, isMine } = this.#parts;
    const deps: HandOverDeps = {
      ...{ registry, predecessors, logId: log.id, isMine },
      bornNow: () => log.head,
      comesBack: (record, number) => symbols.comesBack(record, number),
      isKnown: (record) => rooms.of(record.symbol).isKnown(),
      left: (one) => alerts.left(one),
      headOf: (ids) => rooms.headOf(ids),
      dismiss: (record) => rooms.of(record.symbol).dismiss(),
      untilStored: (cursor, timeoutMs) => outbox.untilStored(cursor, timeoutMs),
    };
    return handOver(deps, symbol, before, isYours);
  }

  /** Whoever watches or polls is to come back: the runtime ends. */
  sayGoodbye(): void {
    for (const room of this.#parts.loaded.active()) room.sendAway();
  }

  /** A viewer connects; `accept` makes its socket, and is called only where it may come in. */
  async join(request: JoinRequest, accept: () => ViewerSocket): Promise<JoinRefusal | null> {
    const { symbol } = request;
    if (!(await this.#parts.mayKnow(symbol))) {
      return { kind: "refused", reason: "not_known_yet", retryAfterS: NOT_KNOWN_RETRY_S };
    }
    return this.#parts.rooms.of(symbol).join(request, accept);
  }

  /** A viewer said something. */
  heard(symbol: SymbolName, socket: ViewerSocket, data: string | ArrayBuffer): void {
    this.#parts.loaded.find(symbol)?.heard(socket, data);
  }

  /** A viewer's socket closed or failed. */
  left(symbol: SymbolName, socket: ViewerSocket): void {
    this.#parts.loaded.find(symbol)?.left(socket);
  }

  /** Looks after what no request would: the outbox after a crash, and what its rooms have due. */
  alarm(): Promise<void> {
    return this.#parts.alarm.run();
  }
}
