import { decodeFrame } from "../../../src/core/events/encode-events.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../../src/protocol/words/time.ts";
import type { LogFrame } from "../../host/log/host-log.ts";
import type { TradeReading } from "../append/trade-reading.ts";
import { TradeWindow } from "../append/trade-window.ts";
import type { FoldedLog } from "../log/watched-log.ts";
import { numberOf, type SqlPort, textOf } from "../sql-port.ts";
import { FoldedPoints } from "./folded-points.ts";
import { type HourTrades, type LastValues, LastValuesFold } from "./last-values.ts";

/** The fold is written down after so many events, so that a wake has few of them to fold again... */
const CHECKPOINT_EVENTS = 2_000;
/** ...or so many for each series, so that writing a large fold stays a small part of the work. */
const CHECKPOINT_EVENTS_A_SERIES = 10;
/** A fold that lacks so many events is worth a row where the room leaves memory. */
const WORTH_EVENTS = 200;
/**
 * One that a wake has to look at so many rows of the log for is worth one too. A host that sleeps with viewers wakes every 15 s and
 * would look at them each time; a row written costs as much as a thousand that are read.
 */
const WORTH_ROWS = 250;
/** Trades of the newest so many events are known again after a wake. */
export const WINDOW_EVENTS = 10_000;
/** Bars kept for the next flush; older ones are in history. */
const KEPT_BAR_MESSAGES = 20;
/** Minutes of old bars to be corrected for viewers; a backfill has more, and its viewers load history anyway. */
const KEPT_OLD_MINUTES = 1_000;

/** Creates what the rooms of a host keep of their state; safe to run at every wake. */
export function createStateTables(sql: SqlPort): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS checkpoints (room INTEGER PRIMARY KEY, through INTEGER NOT NULL, fold TEXT NOT NULL)",
  );
  sql.exec(
    "CREATE TABLE IF NOT EXISTS earlier_trades (room INTEGER PRIMARY KEY, keys TEXT NOT NULL)",
  );
}

/** The last values, how far they go, and how far those that are written down do. */
interface OpenedFold {
  fold: LastValuesFold;
  foldedThrough: Cursor;
  savedThrough: Cursor;
}

/**
 * What the room remembers of its log beyond the frames themselves: the last values, and the newest trades' ids. Both
 * are made from the log when they are asked for, so appending does not pay for them.
 */
export class RoomState {
  readonly #sql: SqlPort;
  readonly #log: FoldedLog;
  readonly #points: FoldedPoints;
  /** Nobody had pushed to the room when this was made, so nothing of it was written down that is not known here. */
  readonly #isNew: boolean;
  /** Null until somebody asks for it: a room that is only pushed to needs none of it. */
  #opened: OpenedFold | null = null;
  #sinceCheckpoint = 0;
  #isFresh = true;
  /** Bars that closed or were corrected, each with the cursor of the frame that did it. */
  #bars: { cursor: Cursor; bar: BarMessage }[] = [];
  readonly #oldMinutes = new Set<EpochUs>();
  #tradeWindow: TradeWindow | null = null;

  /** `points`: the one of all rooms of the host. */
  constructor(sql: SqlPort, log: FoldedLog, points = new FoldedPoints()) {
    this.#sql = sql;
    this.#points = points;
    this.#log = log;
    this.#isNew = log.id === null;
  }

  /**
   * The log has just been told what was before it: everything is made anew on top of that. `through`: `before` has everything up to
   * there.
   */
  begin(
    before: LastValues,
    tradeKeys: readonly string[],
    through: Cursor = this.#log.prunedThrough,
  ): void {
    const fold = new LastValuesFold(before);
    this.#opened = { fold, foldedThrough: through, savedThrough: through };
    this.#bars = [];
    this.#oldMinutes.clear();
    this.#tradeWindow = null;
    this.#saveTrades(tradeKeys);
    this.#checkpoint();
  }

  /** Everything up to here is in the last values. */
  get foldedThrough(): Cursor {
    return this.#open().foldedThrough;
  }

  /** The last values with every frame of the log in them. */
  foldToHead(): LastValuesFold {
    const { head } = this.#log;
    const opened = this.#open();
    const { fold, foldedThrough } = opened;
    if (foldedThrough === head) return fold;
    const isWorth = this.#isFresh && this.#log.rowsAfter(foldedThrough) >= WORTH_ROWS;
    this.#isFresh = false;
    this.foldIn(this.#log.framesAfter(foldedThrough, head));
    opened.foldedThrough = head;
    // The next wake need not fold again what this one has.
    if (isWorth && this.#sinceCheckpoint > 0) this.#checkpoint();
    return fold;
  }

  /** Takes the next frames of the room into the last values; those that are in them already are passed over. */
  foldIn(frames: Iterable<LogFrame>): void {
    const opened = this.#open();
    const { fold } = opened;
    for (const frame of frames) {
      if (frame.cursor <= opened.foldedThrough) continue;
      this.#apply(fold, frame);
      opened.foldedThrough = frame.cursor;
      this.#sinceCheckpoint += frame.count;
    }
    if (this.#bars.length > KEPT_BAR_MESSAGES) this.#bars = this.#bars.slice(-KEPT_BAR_MESSAGES);
    const due = Math.max(CHECKPOINT_EVENTS, fold.seriesCount * CHECKPOINT_EVENTS_A_SERIES);
    if (this.#sinceCheckpoint >= due) this.#checkpoint();
  }

  #apply(fold: LastValuesFold, { text, cursor }: LogFrame): void {
    const end = this.#points.fold(text, fold);
    if (end === text.length) return;
    for (const event of decodeFrame(text.slice(end))) {
      fold.apply(event, cursor, {
        bar: (bar) => this.#bars.push({ cursor, bar }),
        oldBar: (minuteUs) => {
          if (this.#oldMinutes.size < KEPT_OLD_MINUTES) this.#oldMinutes.add(minuteUs);
        },
      });
    }
  }

  /** Bars that frames after `after` and up to `through` closed or corrected, as messages. */
  barsOf(after: Cursor, through: Cursor): string[] {
    if (this.#bars.length === 0) return [];
    const due = this.#bars.filter(({ cursor }) => cursor > after && cursor <= through);
    return due.map(({ bar }) => JSON.stringify(bar));
  }

  /** Nobody will ask for the bars of frames up to here any more. */
  forgetBars(through: Cursor): void {
    if (this.#bars.length === 0) return;
    this.#bars = this.#bars.filter(({ cursor }) => cursor > through);
  }

  /** When the newest bar may be said to be closed, if no trade comes; null where it has been, or there is none. */
  get barDueUs(): EpochUs | null {
    return this.foldToHead().barDueUs;
  }

  /** Says that the newest bar is closed, and writes that down, so that nobody says it again. */
  closeBar(): BarMessage | null {
    const bar = this.foldToHead().closeBar();
    if (bar !== null) this.#checkpoint();
    return bar;
  }

  /** The newest bar was said to be closed when `cursor` was the head, which it is: those who are live are told behind that. Null: it was known. */
  noteBarClosed(cursor: Cursor): BarMessage | null {
    const bar = this.closeBar();
    if (bar !== null) this.#bars.push({ cursor, bar });
    return bar;
  }

  /** Writes down as well what was counted twice: who folds the log again would count it again. The fold is at the head. */
  correctHours(hours: ReadonlyMap<EpochUs, HourTrades>, last: TradeEvent | null): void {
    this.foldToHead().correctHours(hours, last);
    this.#checkpoint();
  }

  get hasOldMinutes(): boolean {
    return this.#oldMinutes.size > 0;
  }

  /** Minutes whose bars late trades corrected, older than those known by heart, the newest first; forgotten by this. */
  takeOldMinutes(most: number): EpochUs[] {
    const minutes = [...this.#oldMinutes].sort((a, b) => b - a).slice(0, most);
    for (const minuteUs of minutes) this.#oldMinutes.delete(minuteUs);
    return minutes;
  }

  /** What it remembers of its trades; null where nobody has asked for that. */
  get rememberedTrades(): TradeWindow | null {
    return this.#tradeWindow;
  }

  /**
   * Makes the window, unless there is one, as somebody has read it of the log who reads that for many rooms: `keys` are those of
   * the newest trades up to `through`, oldest first.
   */
  makeTradeWindow(keys: Iterable<string>, through: Cursor): void {
    if (this.#tradeWindow !== null) return;
    const window = new TradeWindow();
    window.learnKeys(this.#earlierTrades());
    window.learnKeys(keys);
    const { head } = this.#log;
    for (const { text } of this.#log.framesAfter(through, head)) window.learn(decodeFrame(text));
    window.beginAt(head);
    this.#tradeWindow = window;
  }

  /** Identities of the newest trades. */
  readonly tradeWindow = (): TradeWindow => {
    if (this.#tradeWindow !== null) return this.#tradeWindow;
    const window = new TradeWindow();
    window.learnKeys(this.#earlierTrades());
    const { head, prunedThrough } = this.#log;
    let events = 0;
    for (const { text, count } of this.#log.newest(WINDOW_EVENTS)) {
      window.learn(decodeFrame(text));
      events += count;
    }
    const hasAll = prunedThrough === CURSOR_ORIGIN && events < WINDOW_EVENTS;
    if (!hasAll) window.beginAt(head);
    this.#tradeWindow = window;
    return window;
  };

  /** Writes the fold down where it would take long to make it again. */
  saveIfWorth(): void {
    if (this.#sinceCheckpoint >= WORTH_EVENTS) this.#checkpoint();
  }

  /** Has there been a trade, in what it has taken up? */
  get hasTraded(): boolean {
    return this.#open().fold.trade !== null;
  }

  /**
   * Writes down what would be lost with the frames up to `through`, which are about to be dropped. `trades`: those of them that are
   * still to be known, null where there are none.
   */
  keepBeforeDrop(through: Cursor, trades: TradeReading | null): void {
    const opened = this.#open();
    if (opened.foldedThrough < through) {
      this.foldIn(this.#log.framesAfter(opened.foldedThrough, through));
    }
    if (opened.savedThrough < Math.min(through, opened.foldedThrough)) this.#checkpoint();
    if (trades !== null) this.#keepTrades(trades);
  }

  /** Where what is left of the log has too few events, the ids of the newest trades are kept beside it. */
  #keepTrades({ keys, isOver, most }: TradeReading): void {
    const earlier = this.#earlierTrades();
    // It may have been written down before, by a life that ended before the log was dropped.
    const all = isOver ? keys : [...new Set([...earlier, ...keys])];
    const kept = all.slice(-most);
    if (kept.length !== earlier.length || keys.length > 0) this.#saveTrades(kept);
  }

  #open(): OpenedFold {
    if (this.#opened !== null) return this.#opened;
    const { id, prunedThrough } = this.#log;
    const [saved] =
      id === null || this.#isNew
        ? []
        : this.#sql.exec("SELECT through, fold FROM checkpoints WHERE room = ?", id);
    const through = saved === undefined ? prunedThrough : (numberOf(saved["through"]) as Cursor);
    const fold = new LastValuesFold(
      saved === undefined ? null : (JSON.parse(textOf(saved["fold"])) as LastValues),
    );
    this.#opened = { fold, foldedThrough: through, savedThrough: through };
    return this.#opened;
  }

  #earlierTrades(): string[] {
    const { id } = this.#log;
    if (id === null) return [];
    const [row] = this.#sql.exec("SELECT keys FROM earlier_trades WHERE room = ?", id);
    return row === undefined ? [] : (JSON.parse(textOf(row["keys"])) as string[]);
  }

  #saveTrades(keys: readonly string[]): void {
    const { id } = this.#log;
    if (id === null) return;
    this.#sql.exec(
      "INSERT OR REPLACE INTO earlier_trades (room, keys) VALUES (?, ?)",
      id,
      JSON.stringify(keys),
    );
  }

  #checkpoint(): void {
    const { id } = this.#log;
    if (id === null) return;
    const opened = this.#open();
    this.#sinceCheckpoint = 0;
    opened.savedThrough = opened.foldedThrough;
    this.#sql.exec(
      "INSERT OR REPLACE INTO checkpoints (room, through, fold) VALUES (?, ?, ?)",
      ...[id, opened.foldedThrough, JSON.stringify(opened.fold)],
    );
  }
}
