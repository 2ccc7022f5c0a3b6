import type { LastKnown } from "../../src/core/alerts/symbol-alerts.ts";
import type { EncodedFrame } from "../../src/core/events/encode-events.ts";
import { seriesHash } from "../../src/core/events/series-hash.ts";
import { lineOf } from "../../src/db/driver/database-error.ts";
import type { SymbolSummary } from "../../src/protocol/answers/answers.ts";
import type { AlertEvent } from "../../src/protocol/events/alert.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { RoomAlerts } from "./alerts/room-alerts.ts";
import { SeriesLimit } from "./append/series-limit.ts";
import type { Pollers } from "./log/pollers.ts";
import type { RoomLog } from "./log/room-log.ts";
import { ArchiveReads } from "./past/archive-reads.ts";
import { EarlierLifeSearch, lastValuesOf } from "./past/earlier-life.ts";
import { HourSettling } from "./past/hour-settling.ts";
import { logSearchFailure, searchFailureOf } from "./past/search-failure.ts";
import type { RoomPorts, RoomSettings } from "./room-ports.ts";
import { BookSampler } from "./state/book-sampler.ts";
import { DoubtfulHours, hoursOfRepeats } from "./state/doubtful-hours.ts";
import { readMinute } from "./state/read-minute.ts";
import { RoomState } from "./state/room-state.ts";
import { summaryOf } from "./state/symbol-report.ts";
import { Watching } from "./viewers/watching.ts";

/**
 * The parts of a room. What nobody asks for is not made: each field is null until its method makes it, so a room that is only pushed
 * to costs little more than its place in the log.
 */
export class RoomParts {
  readonly symbol: SymbolName;
  readonly log: RoomLog;
  readonly ports: RoomPorts;
  readonly settings: RoomSettings;
  readonly series: SeriesLimit;
  /** Null while nothing is to be found out; a room whose past is known needs none. */
  earlier: EarlierLifeSearch | null = null;
  pollers: Pollers | null = null;
  state: RoomState | null = null;
  doubts: DoubtfulHours | null = null;
  settling: HourSettling | null = null;
  books: BookSampler | null = null;
  alerts: RoomAlerts | null = null;
  archive: ArchiveReads | null = null;
  watching: Watching | null = null;
  #line: { cursor: Cursor; line: SymbolSummary } | null = null;
  readonly #placed: () => void;

  /** `placed`: called where the room has got its place, and may tell what it has. */
  constructor(
    symbol: SymbolName,
    log: RoomLog,
    settings: RoomSettings,
    ports: RoomPorts,
    placed: () => void,
  ) {
    this.symbol = symbol;
    this.log = log;
    this.ports = ports;
    this.settings = settings;
    this.#placed = placed;
    this.series = new SeriesLimit(ports.sql, settings.limits.LIMIT_SERIES, log);
  }

  /** The line of the room in the list of symbols, made anew where there is more in the log. */
  line(): SymbolSummary {
    const cursor = this.log.head;
    if (this.#line?.cursor !== cursor) {
      this.#line = { cursor, line: summaryOf(this.symbol, this.stateNow().foldToHead(), 0) };
    }
    return this.#line.line;
  }

  /** The search for what was before the room's log. */
  earlierNow(): EarlierLifeSearch {
    const ports = this.ports;
    const { clock, random, keepAwake, logger } = ports;
    if (this.earlier !== null) return this.earlier;
    this.earlier = new EarlierLifeSearch({
      log: this.log,
      askPlace: () => ports.earlierPlace(),
      beginFromNothing: () => {
        this.log.beginFromNothing();
        this.#beginAlerts([], { events: [], book: null });
      },
      place: () => this.#place(),
      begin: () => this.#beginFromLife(),
      mayStoreNow: () => {
        ports.mayStoreNow();
        this.#placed();
      },
      causeOf: searchFailureOf,
      failed: (error) => logSearchFailure(logger, this.symbol, error),
      ...{ wait: clock.wait, random, keepAwake },
    });
    this.ports.activated();
    return this.earlier;
  }

  /** Its last values, its book and its trades. */
  stateNow(): RoomState {
    this.state ??= new RoomState(this.ports.sql, this.log, this.ports.foldedPoints);
    return this.state;
  }

  /** Hours in which it may count a trade twice. */
  doubtsNow(): DoubtfulHours {
    this.doubts ??= new DoubtfulHours(this.ports.sql, this.log);
    return this.doubts;
  }

  /** Somebody asks for the volume of its day. */
  settleHours(): void {
    const { ports, log } = this;
    this.settling ??= new HourSettling({
      ...{ doubts: this.doubtsNow(), log },
      state: () => this.stateNow(),
      readHours: (hourUs, through) => ports.archive.readHours(hourUs, through),
      readLastTrade: (through) => ports.archive.readLastTrade(through),
      settled: () => {
        this.#line = null;
      },
      ...{ nowMs: ports.clock.nowMs, keepAwake: ports.keepAwake },
      failed: (error) => {
        const { level, fields } = lineOf(error);
        ports.logger[level]("hours_not_settled", { symbol: this.symbol, ...fields });
      },
    });
    this.settling.kick();
  }

  /** Samples its book. */
  booksNow(): BookSampler {
    if (this.books !== null) return this.books;
    this.books = new BookSampler(this.log, this.stateNow());
    this.ports.activated();
    return this.books;
  }

  /** Its alerts; null where no rule is for it. */
  alertsNow(): RoomAlerts | null {
    if (this.alerts !== null) return this.alerts;
    const { sql, alerts } = this.ports;
    if (alerts === null) return null;
    this.alerts = new RoomAlerts({
      ...{ symbol: this.symbol, sql, log: this.log, rules: alerts.rules },
      areOthers: alerts.areOthers,
      ...{ changed: alerts.changed, takenOver: alerts.takenOver, evaluated: alerts.evaluated },
      waits: () => this.ports.activated(),
      known: () => {
        const { metrics, trade, book } = this.stateNow().foldToHead();
        return { events: [...metrics, ...(trade === null ? [] : [trade])], book };
      },
    });
    return this.alerts;
  }

  /** Appends what time, or other rules, have changed of alerts. */
  lookAtAlerts(): void {
    const changed = this.alertsNow()?.look(this.ports.clock.nowUs()) ?? null;
    if (changed !== null) this.#appendAlerts(changed);
  }

  #appendAlerts(changed: readonly EncodedFrame[]): void {
    this.ports.appendOwn(changed);
    this.alerts?.appended();
  }

  /** What Postgres has of it. */
  archiveNow(): ArchiveReads {
    const { sql, turns, archive, clock } = this.ports;
    if (this.archive !== null) return this.archive;
    this.archive = new ArchiveReads({
      ...{ sql, turns, room: () => this.log.id, clock },
      read: (after, upTo) => archive.readPage(after, upTo),
    });
    this.ports.activated();
    return this.archive;
  }

  /** Whoever watches it. */
  watchingNow(): Watching {
    const { symbol, log } = this;
    if (this.watching !== null) return this.watching;
    this.watching = new Watching({
      ...{ symbol, log, settings: this.settings, ports: this.ports },
      state: this.stateNow(),
      readArchive: this.archiveNow().read,
      readBar: (minuteUs, through) => readMinute(this.ports.archive, log, minuteUs, through),
      elsewhere: () => this.ports.relays.viewers(),
    });
    this.ports.activated();
    return this.watching;
  }

  async #place(): Promise<void> {
    const { archive, clock } = this.ports;
    const newest = await archive.readNewestCursor(this.log.prunedThrough);
    // Not all that another host had is in Postgres under its cursor: of books only samples are.
    const through = Math.max(newest ?? 0, this.ports.handedOverThrough() ?? 0) as Cursor;
    this.log.beginAfter(through, clock.nowUs());
    this.books?.lookAgain();
  }

  async #beginFromLife(): Promise<void> {
    const isAwaited = () => this.earlier?.isAwaited === true;
    const life = await this.ports.archive.readEarlierLife(this.log.prunedThrough, isAwaited);
    // What fires by an earlier host is told to rules that are here.
    await this.ports.rulesLearned();
    const last = lastValuesOf(life);
    this.stateNow().begin(last, life.tradeKeys);
    if (life.trade !== null) {
      const { prunedThrough, head } = this.log;
      const frames = this.log.framesAfter(prunedThrough, head);
      this.doubtsNow().note(hoursOfRepeats(frames, life.trade.ts));
    }
    this.series.keep(new Set(life.metrics.map(seriesHash)));
    if (life.book !== null) this.log.noteBook();
    this.log.settle();
    this.booksNow().lookAgain();
    const { alerts = [], metrics, trade } = life;
    const events = [...metrics, ...(trade === null ? [] : [trade])];
    this.#beginAlerts(alerts, { events, book: last.book ?? null });
    this.#line = null;
    this.ports.armAlarm();
  }

  /** What came while nobody knew what was before is looked at now. */
  #beginAlerts(earlier: readonly AlertEvent[], known: LastKnown): void {
    const changed = this.alertsNow()?.beginAfter(earlier, known, this.ports.clock.nowUs()) ?? null;
    if (changed !== null) this.#appendAlerts(changed);
  }
}
