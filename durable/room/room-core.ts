import type {
  Admission,
  AppendBatch,
  AppendOutcome,
  HeldPositions,
  IdempotentRequest,
  JoinRefusal,
  JoinRequest,
  PollPage,
  RoomTail,
} from "../../src/bindings/room.ts";
import { bookOf } from "../../src/core/book-samples.ts";
import { seriesHash } from "../../src/core/series-hash.ts";
import { isStorageFull } from "../../src/core/storage-watch.ts";
import { lineOf } from "../../src/db/driver/database-error.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import { KeyLedger } from "../keys/key-ledger.ts";
import { nextAlarmMs } from "./alarm-time.ts";
import { type AppendDeps, admissionOf, appendBatches } from "./append/append.ts";
import { AppendBatcher } from "./append/append-batcher.ts";
import { SeriesLimit } from "./append/series-limit.ts";
import { RoomLog } from "./log/log.ts";
import { readPoll } from "./log/poll.ts";
import { Pollers } from "./log/pollers.ts";
import { tailOf } from "./log/tail.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { Resend } from "./outbox/stored-where.ts";
import { ArchiveReads } from "./past/archive-reads.ts";
import { EarlierLifeSearch, lastValuesOf } from "./past/earlier-life.ts";
import { logSearchFailure, searchFailureOf } from "./past/search-failure.ts";
import type { RoomPorts, RoomSettings } from "./room-ports.ts";
import { BookSampler } from "./state/book-sampler.ts";
import { LateBars } from "./state/late-bars.ts";
import { readMinute } from "./state/read-minute.ts";
import { RoomState } from "./state/room-state.ts";
import { ReportThrottle, summaryOf } from "./state/symbol-report.ts";
import { PingWatch } from "./viewers/ping-watch.ts";
import type { ViewerAttachment, ViewerSocket } from "./viewers/viewer.ts";
import { ViewerDoor } from "./viewers/viewer-door.ts";
import { Viewers } from "./viewers/viewers.ts";

const REPORT_EVERY_MS = 1_000;
/** Whoever needs to know what was before a new log waits so long for it, in ms. */
const KNOWN_WITHIN_MS = 5_000;
const NOT_KNOWN_RETRY_S = 5;

/**
 * All of one symbol: its log, its state, its viewers and its way to Postgres, put together over ports. It is what ships, and what
 * the model test drives; the Durable Object around it knows the platform and nothing else. One of these is one waking life.
 */
export class RoomCore {
  readonly #symbol: SymbolName;
  readonly #ports: RoomPorts;
  readonly #log: RoomLog;
  readonly #state: RoomState;
  readonly #books: BookSampler;
  readonly #series: SeriesLimit;
  readonly #append: AppendDeps;
  readonly #batcher: AppendBatcher;
  readonly #earlier: EarlierLifeSearch;
  readonly #outbox: Outbox;
  readonly #archive: ArchiveReads;
  readonly #viewers: Viewers;
  readonly #door: ViewerDoor;
  readonly #lateBars: LateBars;
  readonly #pings: PingWatch;
  readonly #pollers: Pollers;
  readonly #report = new ReportThrottle();

  /** `asleep`: the sockets that slept with the room. */
  constructor(
    symbol: SymbolName,
    { limits, keeping, windowBytes, messageLimits, pace, partLimit }: RoomSettings,
    ports: RoomPorts,
    asleep: Iterable<readonly [ViewerSocket, ViewerAttachment]>,
  ) {
    const { sql, clock, random, keepAwake, writer, archive, directory, logger } = ports;
    const { nowMs, wait } = clock;
    this.#symbol = symbol;
    this.#ports = ports;
    const log = new RoomLog(sql, clock.nowUs(), keeping);
    const state = new RoomState(sql, log);
    this.#log = log;
    this.#state = state;
    this.#books = new BookSampler(log, state);
    this.#series = new SeriesLimit({
      sql,
      limit: limits.LIMIT_SERIES,
      known: () => state.foldToHead().metrics.map(seriesHash),
    });
    this.#append = {
      log,
      keys: new KeyLedger(sql),
      tradeWindow: state.tradeWindow,
      books: this.#books,
      series: this.#series,
      outboxLimitBytes: limits.LIMIT_OUTBOX_BYTES,
    };
    this.#batcher = new AppendBatcher({
      appendAll: (batches) => this.#appendAll(batches),
      tick: () => wait(0),
      nowMs,
    });
    this.#outbox = new Outbox({
      ...{ symbol, sql, log, writer, partLimit, clock, random, keepAwake, logger },
      mustStoreAgain: () => {
        this.#store();
        this.#armAlarm();
      },
      onStored: () => {
        if (log.prunable) state.prune();
      },
    });
    this.#earlier = new EarlierLifeSearch({
      log,
      askPlace: () => directory.earlierPlace(),
      beginFromNothing: () => log.beginFromNothing(),
      place: () => this.#place(),
      begin: () => this.#beginFromLife(),
      mayStoreNow: () => this.#outbox.kick(),
      causeOf: searchFailureOf,
      failed: (error) => logSearchFailure(logger, symbol, error),
      ...{ wait, random, keepAwake },
    });
    this.#archive = new ArchiveReads({
      sql,
      read: (after, upTo) => archive.readPage(after, upTo),
      wait,
    });
    this.#viewers = new Viewers({
      ...{ symbol, log, windowBytes, messageLimits, pace, nowMs, wait, keepAwake },
      foldToHead: () => state.foldToHead(),
      flushed: () => {
        if (state.hasOldMinutes) this.#lateBars.kick();
      },
      takeBars: (after, through) => state.takeBars(after, through),
      readArchive: this.#archive.read,
    });
    this.#door = new ViewerDoor(this.#viewers, limits);
    this.#lateBars = new LateBars({
      takeMinutes: (most) => state.takeOldMinutes(most),
      liveThrough: () => this.#viewers.liveThrough,
      readBar: (minuteUs, through) => readMinute(archive, log, minuteUs, through),
      send: (message) => this.#viewers.tellLive(message),
      ...{ wait, keepAwake },
      failed: (error) => {
        const { level, fields } = lineOf(error);
        logger[level]("late_bars_untold", fields);
      },
    });
    this.#pings = new PingWatch({
      setAutoResponse: (isOn) => ports.setAutoResponse(isOn),
      ...{ nowMs, wait, keepAwake },
    });
    this.#pollers = new Pollers(clock);
    for (const [socket, attachment] of asleep) this.#viewers.rejoin(socket, attachment);
    this.#store();
  }

  /** Cursor of the newest frame. */
  get head(): Cursor {
    return this.#log.head;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Appends a batch, in one commit with those that arrive together with it. Rejects where it cannot be written down. */
  append(batch: AppendBatch): Promise<AppendOutcome> {
    return this.#batcher.append(batch);
  }

  /** Will a batch be appended? Asked before one that goes to several rooms, so that all of them take it or none. */
  admits(idempotency: IdempotentRequest | null, series?: readonly number[]): Admission {
    return admissionOf(this.#append, idempotency, series);
  }

  /** Resolves when everything up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. */
  untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    return this.#outbox.untilStored(cursor, timeoutMs);
  }

  /** Events after `since`; where there are none, waits for the next ones, at most `waitMs`. */
  async poll(since: Cursor | null, limit: number, waitMs: number): Promise<PollPage> {
    await this.#isKnown();
    const from = since ?? this.#log.head;
    if (from >= this.#log.head && waitMs > 0) await this.#pollers.nextAppend(waitMs);
    return readPoll({ log: this.#log, readArchive: this.#archive.read }, from, limit);
  }

  /** What Postgres does not surely have yet, at most about `maxEvents`; `cursor` is how far it goes. */
  async readTail(maxEvents: number): Promise<RoomTail> {
    await this.#isKnown();
    return tailOf(this.#log, maxEvents);
  }

  /** The newest position of each account; null while it is not known what was before the log. */
  async positions(): Promise<HeldPositions | null> {
    if (!(await this.#isKnown())) return null;
    const { positions, truncated } = this.#state.foldToHead();
    return { cursor: this.#log.head, positions, isCut: truncated?.positions !== undefined };
  }

  /** The book as it is now, its best so many levels; null as for positions. */
  async book(levels: number): Promise<BookAnswer | null> {
    if (!(await this.#isKnown())) return null;
    const { book } = this.#state.foldToHead();
    return { symbol: this.#symbol, cursor: this.#log.head, book: bookOf(book, levels) };
  }

  /** The line in the list of symbols; null as for positions. */
  async summary(): Promise<SymbolSummary | null> {
    // A bug that keeps it from being known is told where somebody asks for this room, and not in the list of all.
    if (!(await this.#isKnown().catch(() => false))) return null;
    return summaryOf(this.#symbol, this.#state.foldToHead(), this.#viewers.size);
  }

  /** A database says that it is this one: what does the room hold for it? */
  meetDatabase(identity: string): Resend {
    return this.#outbox.meet(identity);
  }

  /** A viewer connects; `accept` makes its socket, and is called only where it may come in. */
  async join(request: JoinRequest, accept: () => ViewerSocket): Promise<JoinRefusal | null> {
    if (!(await this.#isKnown())) {
      return { kind: "refused", reason: "not_known_yet", retryAfterS: NOT_KNOWN_RETRY_S };
    }
    const refusal = this.#door.refusalOf(request, this.#ports.clock.nowMs());
    if (refusal !== null) return refusal;
    const { since, viewerKey: key, expiresAtMs, correlationId } = request;
    this.#viewers.join(accept(), since, { key, expiresAtMs });
    // A thousand viewers may come back in a second, and a line for each would be a part of what that takes.
    if (this.#ports.logger.isEnabledFor("debug")) {
      this.#ports.logger.debug("viewer_joined", {
        correlation_id: correlationId,
        symbol: this.#symbol,
        since,
        viewers: this.#viewers.size,
      });
    }
    this.#armAlarm();
    this.#reportSoon();
    return null;
  }

  /** A viewer said something. */
  heard(socket: ViewerSocket, data: string | ArrayBuffer): void {
    this.#door.heard(socket, data, this.#ports.clock.nowMs());
  }

  /** A viewer's socket closed or failed. */
  left(socket: ViewerSocket): void {
    this.#viewers.leave(socket);
    this.#reportSoon();
  }

  /** Looks after what no request would: the outbox after a crash, silent viewers, a quiet book, the outbox's position. */
  alarm(sockets: Iterable<ViewerSocket>): void {
    const { nowUs } = this.#ports.clock;
    this.#viewers.idleCheck();
    this.#pings.look(sockets);
    this.#archive.forgetUnused();
    this.#sampleBook(nowUs());
    this.#closeBar(nowUs());
    if (this.#log.outboxBytes === 0) this.#log.saveStored();
    this.#store();
    this.#armAlarm();
    this.#reportSoon();
  }

  #appendAll(batches: readonly AppendBatch[]): AppendOutcome[] {
    const { clock, logger } = this.#ports;
    const outcomes = this.#orRestart(() => appendBatches(this.#append, batches, clock.nowUs()));
    const isLogged = logger.isEnabledFor("debug");
    for (const [index, { correlationId }] of batches.entries()) {
      const outcome = outcomes[index]?.kind;
      if (isLogged) {
        logger.debug("appended", { correlation_id: correlationId, symbol: this.#symbol, outcome });
      }
      if (outcome === "appended") this.#outbox.remember(correlationId);
    }
    this.#appended();
    this.#armAlarm();
    this.#reportSoon();
    return outcomes;
  }

  /** There is more in the log: for viewers, for polls that wait, for Postgres. */
  #appended(): void {
    this.#viewers.published();
    this.#pollers.wake();
    this.#store();
  }

  /** What is not in Postgres goes there, once nothing of an earlier life can be in its way. */
  #store(): void {
    if (this.#earlier.mayStore) this.#outbox.kick();
    else this.#earlier.kick();
  }

  /** Is it known what was before the log? Waits for it, where it is new. */
  async #isKnown(): Promise<boolean> {
    await this.#outbox.lookAtDatabase();
    return this.#earlier.known((search) => this.#ports.clock.within(search, KNOWN_WITHIN_MS));
  }

  async #place(): Promise<void> {
    const { archive, sync, restart } = this.#ports;
    const newest = await archive.readNewestCursor(this.#log.prunedThrough);
    if (!this.#log.beginAfter(newest)) return;
    // What is in memory has the old cursors.
    await sync();
    restart("the log has moved behind what Postgres has of this symbol");
  }

  async #beginFromLife(): Promise<void> {
    const life = await this.#ports.archive.readEarlierLife(this.#log.prunedThrough);
    this.#state.begin(lastValuesOf(life), life.tradeKeys);
    this.#series.keep(new Set(life.metrics.map(seriesHash)));
    this.#log.settle();
    this.#books.lookAgain();
    this.#armAlarm();
  }

  #sampleBook(momentUs: EpochUs): void {
    const keyframe = this.#books.takeDue(momentUs);
    if (keyframe === null) return;
    this.#orRestart(() => this.#log.append(keyframe, momentUs));
    this.#appended();
  }

  /** Says that the last bar before a silence is closed, to those who have all that is in it. */
  #closeBar(momentUs: EpochUs): void {
    if (this.#viewers.liveThrough !== this.#log.head) return;
    if ((this.#state.barDueUs ?? Number.POSITIVE_INFINITY) > momentUs) return;
    const bar = this.#state.closeBar();
    if (bar !== null) this.#viewers.tellLive(bar);
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

  #armAlarm(): void {
    const { clock, alarm, closingSockets } = this.#ports;
    const nowMs = clock.nowMs();
    const alarmMs = nextAlarmMs({
      nowMs,
      armedAtMs: alarm.atMs(),
      outboxBytes: this.#log.outboxBytes,
      viewers: this.#viewers.size + closingSockets(),
      nextEndMs: this.#viewers.nextEndMs,
      bookDueMs: this.#books.dueMs(nowMs),
      // Nobody else has to be told.
      barDueUs: this.#viewers.liveThrough === null ? null : this.#state.barDueUs,
    });
    if (alarmMs !== null) alarm.set(alarmMs);
  }

  #reportSoon(): void {
    const { clock, directory, keepAwake, logger } = this.#ports;
    const work = this.#report.request(REPORT_EVERY_MS, clock.wait, async () => {
      try {
        const summary = await this.summary();
        if (summary !== null) await directory.report(summary);
      } catch (error) {
        if (isStorageFull(error)) return;
        const fields = { symbol: this.#symbol, detail: String(error) };
        logger.warn("directory_unreachable", fields);
      }
    });
    if (work !== null) keepAwake(work);
  }
}
