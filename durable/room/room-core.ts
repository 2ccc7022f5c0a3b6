import type {
  HeldPositions,
  JoinRefusal,
  JoinRequest,
  PollPage,
  RoomTail,
} from "../../src/bindings/host.ts";
import type { RoomPage } from "../../src/bindings/relay.ts";
import type { ActiveAlert } from "../../src/core/alerts/symbol-alerts.ts";
import { bookOf } from "../../src/core/books/book-samples.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers/answers.ts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { ROOM_SILENCE_MS } from "../../src/protocol/socket/heartbeat.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import type { LogFrame } from "../host/log/host-log.ts";
import { RoomAppend } from "./append/append.ts";
import type { TradeReading } from "./append/trade-reading.ts";
import type { TradeWindow } from "./append/trade-window.ts";
import { pageOf } from "./log/page.ts";
import type { RoomLog } from "./log/room-log.ts";
import { tailOf } from "./log/tail.ts";
import { pollRoom } from "./poll-room.ts";
import { RoomParts } from "./room-parts.ts";
import type { RoomPorts, RoomSettings } from "./room-ports.ts";
import { readMinute } from "./state/read-minute.ts";
import type { ViewerAttachment, ViewerSocket } from "./viewers/viewer.ts";

/** Whoever needs to know what was before a new log waits so long for it, in ms. */
const KNOWN_WITHIN_MS = 5_000;
const NOT_KNOWN_RETRY_S = 1;
/** What is due already, but could not be done, is tried again after so long. */
const AGAIN_MS = 1_000;

/**
 * All of one symbol: its part of the log, its state and its viewers, put together over ports. A host composes many of these, and
 * what nobody asks for is not made: a room that is only pushed to costs little more than its place in the log.
 */
export class RoomCore {
  readonly symbol: SymbolName;
  readonly log: RoomLog;
  readonly append: RoomAppend;
  readonly #ports: RoomPorts;
  readonly #parts: RoomParts;

  constructor(symbol: SymbolName, log: RoomLog, settings: RoomSettings, ports: RoomPorts) {
    this.symbol = symbol;
    this.log = log;
    this.#ports = ports;
    this.#parts = new RoomParts(symbol, log, settings, ports, () => this.published());
    this.append = new RoomAppend(this.#parts);
    // Nobody else would sample a book that was changed before the host died.
    if (log.hasBook) this.#parts.booksNow();
  }

  /** Viewers whose sockets are here. */
  get viewers(): number {
    return this.#parts.watching?.viewers.size ?? 0;
  }

  /** Whether anybody watches, here or by way of a relay. */
  get isWatched(): boolean {
    return this.viewers > 0 || this.#ports.relays.viewers() !== null;
  }

  /** What it would cost to send something to those who are live now, in ms. */
  get fanOutMs(): number {
    return (this.#parts.watching?.viewers.live ?? 0) * this.#parts.settings.pace.sendMs(0);
  }

  /** Is there anything that an alarm or a goodbye has to look after? Where there comes to be, the host is told. */
  get isActive(): boolean {
    const { watching, books, archive, pollers, earlier } = this.#parts;
    return (
      watching !== null ||
      books !== null ||
      archive !== null ||
      (pollers?.size ?? 0) > 0 ||
      this.alertsDueMs !== null ||
      (earlier !== null && this.log.isPending)
    );
  }

  /** Will an alarm want its last values? */
  get foldsAtAlarm(): boolean {
    return this.#parts.books !== null || this.isWatched;
  }

  /** May what the log has of the room go to Postgres? Not while it may lie before the end of an earlier life. */
  get mayStore(): boolean {
    return this.#parts.earlier?.mayStore ?? this.log.isPlaced;
  }

  /** Does it wait, for its place, for what others have yet to bring to Postgres? */
  get awaitsOthers(): boolean {
    return this.#parts.earlier?.awaitsOthers ?? false;
  }

  /** Nobody is here, nothing is under way, and nothing will be due: the room may leave memory. */
  isIdle(nowMs: number): boolean {
    return (
      this.viewers === 0 &&
      (this.#parts.pollers?.size ?? 0) === 0 &&
      !this.log.isPending &&
      this.#parts.settling?.isRunning !== true &&
      this.alertsDueMs === null &&
      this.dueMs(nowMs) === null
    );
  }

  /** When time will change something of its alerts, in ms, however far ahead; null: never. */
  get alertsDueMs(): number | null {
    return this.#parts.alerts?.dueMs ?? null;
  }

  /** What is pending or firing. */
  activeAlerts(): ActiveAlert[] {
    this.#parts.lookAtAlerts();
    return this.#parts.alerts?.active ?? [];
  }

  /** Where the log begins that its alerts have yet to read; null where they need none of it. */
  get followedThrough(): Cursor | null {
    return this.#parts.alertsNow()?.followedThrough ?? null;
  }

  /** Its next frames, for its alerts, as somebody has read them of the log who reads it for many rooms. */
  followIn(frames: readonly LogFrame[]): void {
    this.#parts.alerts?.followIn(frames);
  }

  /** The rules of the symbol may be others. */
  rulesChanged(): void {
    const alerts = this.#parts.alertsNow();
    alerts?.rulesChanged();
    // What an earlier host has told goes on here, though nobody pushes or asks.
    if (alerts !== null && this.log.isPending) this.#parts.earlierNow().kick();
    this.#parts.lookAtAlerts();
  }

  /** When the room wants to be woken, in ms; null where it need not be. It may be past. */
  dueMs(nowMs: number): number | null {
    const barDueMs = this.#parts.watching?.barDueMs(nowMs) ?? null;
    const bookDueMs = this.#parts.books?.dueMs(nowMs) ?? null;
    const due = [
      this.#parts.watching?.viewersDueMs(nowMs) ?? null,
      bookDueMs === null ? null : Math.min(bookDueMs, nowMs + ROOM_SILENCE_MS),
      barDueMs === null ? null : Math.max(barDueMs, nowMs + AGAIN_MS),
    ].filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** There is more in the log: for viewers and for polls that wait. `isAfterAck`: it has been acknowledged. Gives what was sent, in ms. */
  published(isAfterAck = false): number {
    if (this.log.isPending) this.#parts.earlierNow().kick();
    // What has no place yet may move behind what an earlier life had: who waits for it is told then, and once.
    if (!this.log.isPlaced) return 0;
    this.rewatch();
    const sentMs = this.#parts.watching?.viewers.published(isAfterAck) ?? 0;
    this.#ports.relays.published();
    this.#parts.pollers?.wake();
    return sentMs;
  }

  /** Looks for what was before, unless that is known. */
  lookBack(): void {
    if (this.log.isPending) this.#parts.earlierNow().kick();
  }

  /** Events after `since`, of the log `of`; where there are none, waits for the next ones, at most `waitMs`. */
  async poll(
    since: Cursor | null,
    limit: number,
    waitMs: number,
    of: LogId | null,
  ): Promise<PollPage> {
    await this.isKnown();
    return pollRoom(this.#parts, since, limit, waitMs, of);
  }

  /** What Postgres does not surely have yet, at most about `maxEvents`; `cursor` is how far it goes. */
  async readTail(maxEvents: number): Promise<RoomTail> {
    await this.isKnown();
    return tailOf(this.log, maxEvents);
  }

  /** The newest position of each account; null while it is not known what was before the log. */
  async positions(): Promise<HeldPositions | null> {
    if (!(await this.isKnown())) return null;
    const { positions, truncated } = this.#parts.stateNow().foldToHead();
    return { cursor: this.log.head, positions, isCut: truncated?.positions !== undefined };
  }

  /** The book as it is now, its best so many levels; null as for positions. */
  async book(levels: number): Promise<BookAnswer | null> {
    if (!(await this.isKnown())) return null;
    const { book } = this.#parts.stateNow().foldToHead();
    return { symbol: this.symbol, cursor: this.log.head, book: bookOf(book, levels) };
  }

  /** The line in the list of symbols; null as for positions. */
  async summary(): Promise<SymbolSummary | null> {
    // A bug that keeps it from being known is told where somebody asks for this room, and not in the list of all.
    if (!(await this.isKnown().catch(() => false))) return null;
    this.#parts.settleHours();
    return { ...this.#parts.line(), viewers: this.viewers + (this.#ports.relays.viewers() ?? 0) };
  }

  /** A viewer connects; `accept` makes its socket, and is called only where it may come in. */
  async join(request: JoinRequest, accept: () => ViewerSocket): Promise<JoinRefusal | null> {
    if (!(await this.isKnown())) {
      return { kind: "refused", reason: "not_known_yet", retryAfterS: NOT_KNOWN_RETRY_S };
    }
    const refusal = this.#parts.watchingNow().join(request, accept);
    if (refusal === null) this.#ports.armAlarm();
    return refusal;
  }

  /** A viewer's socket slept with the host. */
  rejoin(socket: ViewerSocket, attachment: ViewerAttachment): void {
    this.#parts.watchingNow().viewers.rejoin(socket, attachment);
  }

  /** A viewer said something. */
  heard(socket: ViewerSocket, data: string | ArrayBuffer): void {
    this.#parts.watching?.door.heard(socket, data, this.#ports.clock.nowMs());
  }

  /** A viewer's socket closed or failed. */
  left(socket: ViewerSocket): void {
    this.#parts.watching?.viewers.leave(socket);
  }

  /** The symbol is on another host from now on, which has its book from Postgres. Whoever is here is to come back. */
  dismiss(): void {
    const hasBook = this.log.hasBook && !this.log.isPending;
    const keyframe = hasBook ? this.#parts.booksNow().takeChanged(this.#ports.clock.nowUs()) : null;
    if (keyframe !== null) this.#ports.appendOwn(keyframe);
    this.sendAway();
  }

  /** Viewers and polls are to come back. */
  sendAway(): void {
    this.#parts.watching?.viewers.closeAll("goingAway");
    this.#ports.relays.dismiss();
    this.#parts.pollers?.wake();
  }

  /** Looks after what no request would: silent viewers, a quiet book, a bar that has ended. */
  alarm(): void {
    const nowUs = this.#ports.clock.nowUs();
    this.#parts.watching?.viewers.idleCheck();
    this.#parts.archive?.forgetUnused();
    const keyframe = this.#parts.books?.takeDue(nowUs) ?? null;
    if (keyframe !== null) this.#ports.appendOwn(keyframe);
    const closed = this.#parts.watching?.closeBar(nowUs) ?? null;
    if (closed !== null) this.#ports.relays.barClosed(closed, this.log.head);
    if ((this.alertsDueMs ?? Number.POSITIVE_INFINITY) * 1_000 <= nowUs) this.#parts.lookAtAlerts();
    if (this.log.isPending) this.#parts.earlierNow().kick();
  }

  /** What a relay begins with, of a room that is known. From now on it looks after bars for those who watch there. */
  beginRelay(): { head: Cursor; oldest: Cursor; values: string } {
    const { head, oldest } = this.log;
    this.#parts.watchingNow();
    return { head, oldest, values: JSON.stringify(this.#parts.stateNow().foldToHead()) };
  }

  /** Relays may have watched since before the host slept, or before the room left memory. */
  rewatch(): void {
    if (this.#parts.watching !== null || this.log.isPending) return;
    if (this.#ports.relays.viewers() !== null) this.#parts.watchingNow();
  }

  /** Frames in `(after, upTo]`, perhaps not all of them, from Postgres or the log. */
  async readPage(after: Cursor, upTo: Cursor): Promise<RoomPage> {
    if (!(await this.isKnown())) return { kind: "busy" };
    const { prunedThrough, head } = this.log;
    const end = Math.min(upTo, head) as Cursor;
    if (after < prunedThrough) {
      const page = await this.#parts
        .archiveNow()
        .read(after, Math.min(end, prunedThrough) as Cursor);
      if (page.kind !== "frames" || page.expiredThrough === undefined) return page;
      // What the log has is not missing, whatever has become of it in Postgres.
      return {
        ...page,
        expiredThrough: Math.min(page.expiredThrough, prunedThrough) as Cursor,
      };
    }
    return pageOf(this.log, after, end);
  }

  /** The bar of a minute with every trade up to `through`, which is in the log. */
  readMinute(minuteUs: EpochUs, through: Cursor): Promise<Bar | null> {
    return readMinute(this.#ports.archive, this.log, minuteUs, through);
  }

  /** Everything of the room up to here is in what it remembers; null where it cannot be, for it is not known what was before. */
  get foldedThrough(): Cursor | null {
    return this.log.isPending ? null : this.#parts.stateNow().foldedThrough;
  }

  /** Its next frames, as somebody has read them of the log who reads all of it. */
  foldIn(frames: readonly LogFrame[]): void {
    if (!this.log.isPending) this.#parts.stateNow().foldIn(frames);
  }

  /** Would the next trade with an id have its window of trades be made from the log on disk? */
  get lacksTradeWindow(): boolean {
    const { id, isPending, lastFrame, prunedThrough } = this.log;
    if (id === null || isPending || lastFrame <= prunedThrough) return false;
    return this.rememberedTrades === null;
  }

  /** What it remembers of its trades; null where it does not. */
  get rememberedTrades(): TradeWindow | null {
    return this.#parts.state?.rememberedTrades ?? null;
  }

  /** Makes it of what somebody has read who reads the log for many rooms: see `RoomState`. */
  makeTradeWindow(keys: Iterable<string>, through: Cursor): void {
    if (this.lacksTradeWindow) this.#parts.stateNow().makeTradeWindow(keys, through);
  }

  /** Writes down what would take long to make again, before the room leaves memory. */
  beforeUnload(): void {
    this.#parts.state?.saveIfWorth();
    this.#parts.alerts?.keep();
  }

  /** Has it had a trade? One that cannot take up its log now may have. */
  get hasTraded(): boolean {
    return this.log.isPending || this.#parts.stateNow().hasTraded;
  }

  /** Writes down what would be lost with the frames up to `through`, which are about to be dropped: see `RoomState`. */
  keepBeforeDrop(through: Cursor, trades: TradeReading | null): void {
    this.#parts.stateNow().keepBeforeDrop(through, trades);
    this.#parts.alertsNow()?.keepBeforeDrop(this.#ports.clock.nowUs());
    this.log.noteDropped(through);
  }

  /** Is it known what was before the log? Waits for it, where it is new. */
  async isKnown(): Promise<boolean> {
    const { clock } = this.#ports;
    await this.#ports.lookAtDatabase();
    // Also where it has just been found out by a search that is not quite over.
    if (!this.log.isPending) return true;
    return this.#parts.earlierNow().known((search) => clock.within(search, KNOWN_WITHIN_MS));
  }
}
