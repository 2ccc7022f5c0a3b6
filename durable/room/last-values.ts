import { bucketStartUs, extendBar, type GrowingBar, openBar } from "../../src/core/bars.ts";
import { type BookState, foldBook } from "../../src/core/book-samples.ts";
import { DAY_US } from "../../src/core/duration.ts";
import { canonicalLabels } from "../../src/core/labels.ts";
import type { DayChange } from "../../src/protocol/answers.ts";
import type { Interval } from "../../src/protocol/bar.ts";
import type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../../src/protocol/event.ts";
import type { BarMessage, LiveBar } from "../../src/protocol/server-message.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";

/** The interval of the bars a room sends; a client makes the others from trades. */
export const LIVE_INTERVAL = "1m" satisfies Interval;
/** Closed bars a late trade can still correct by heart; of older ones Postgres has to be asked. */
const KEPT_BARS = 15;
/** Series in a snapshot; beyond them the one longest without a point goes. */
const KEPT_SERIES = 2_000;
/** All of them together, so that the fold fits one row of SQLite (2 MB) and a snapshot stays one message. */
const KEPT_SERIES_CHARS = 600_000;
/** Accounts whose position is kept; beyond them the one longest without an event goes. */
const KEPT_ACCOUNTS = 500;

interface RevisedBar extends GrowingBar {
  revision: number;
}

/**
 * What a room knows by heart: a fold over its log, so that a viewer without a past can start from it. Plain data: it
 * is written down as JSON and made right after a crash by folding the rest of the log.
 */
export interface LastValues {
  /** Last point of each series by metric and canonical labels; the one updated last stands last. */
  metrics: [series: string, point: MetricEvent][];
  /** The latest trade by trade time; of trades at the same moment the one that arrived last. */
  trade: TradeEvent | null;
  /**
   * Newest position of each account by event time; the one updated last stands last. Absent in what was written down
   * before there were positions.
   */
  positions?: PositionEvent[];
  /** The book and where its last sample is. Absent in what was written down before there were books. */
  book?: BookState | null;
  /** Newest 1 m bars, oldest first; the last one is still growing. */
  bars: RevisedBar[];
  /** 1 h bars of the 24 h before the last trade, oldest first, for change and volume. */
  hours: GrowingBar[];
  /** The latest moment of any event. */
  lastEventUs: EpochUs | null;
}

/** What a trade says of 1 m bars. */
export interface BarNews {
  /** A bar closed or, closed already, was corrected. */
  bar(bar: BarMessage): void;
  /** A bar older than those kept here was corrected: the one that begins at `minuteUs`. */
  oldBar(minuteUs: EpochUs): void;
}

/** The fold at work: the same as `LastValues`, with the series in a map. */
export class LastValuesFold {
  readonly #metrics: Map<string, MetricEvent>;
  #metricsChars = 0;
  #trade: TradeEvent | null;
  readonly #positions: Map<string, PositionEvent>;
  #book: BookState | null;
  readonly #bars: RevisedBar[];
  readonly #hours: GrowingBar[];
  #lastEventUs: EpochUs | null;

  constructor(from: LastValues | null) {
    this.#metrics = new Map(from?.metrics ?? []);
    for (const series of this.#metrics.keys()) this.#metricsChars += charsOf(series);
    this.#trade = from?.trade ?? null;
    this.#positions = new Map(from?.positions?.map((each) => [accountOf(each), each]));
    this.#book = from?.book ?? null;
    this.#bars = from?.bars ?? [];
    this.#hours = from?.hours ?? [];
    this.#lastEventUs = from?.lastEventUs ?? null;
  }

  /** Takes one event of the frame at `cursor`, and tells what it did to bars. */
  apply(event: TapeEvent, cursor: Cursor, news?: BarNews): void {
    if (this.#lastEventUs === null || event.ts > this.#lastEventUs) this.#lastEventUs = event.ts;
    switch (event.kind) {
      case "metric":
        this.#applyMetric(event);
        return;
      case "trade":
        this.#applyTrade(event, news);
        return;
      case "position":
        this.#applyPosition(event);
        return;
      case "book":
        this.#book = foldBook(this.#book, event, cursor);
        return;
      default:
        event satisfies never;
    }
  }

  toJSON(): LastValues {
    return {
      metrics: [...this.#metrics],
      trade: this.#trade,
      positions: this.positions,
      book: this.#book,
      bars: this.#bars,
      hours: this.#hours,
      lastEventUs: this.#lastEventUs,
    };
  }

  get metrics(): MetricEvent[] {
    return [...this.#metrics.values()];
  }
  get seriesCount(): number {
    return this.#metrics.size;
  }
  get trade(): TradeEvent | null {
    return this.#trade;
  }
  get positions(): PositionEvent[] {
    return [...this.#positions.values()];
  }
  get book(): BookState | null {
    return this.#book;
  }
  get lastEventUs(): EpochUs | null {
    return this.#lastEventUs;
  }
  /** The 1 m bar that is still growing. */
  get bar(): LiveBar | null {
    const bar = this.#bars.at(-1);
    return bar === undefined ? null : liveBar(bar);
  }
  /** Traded volume of the 24 h (in whole hours) before the last trade. */
  get dayVolume(): number {
    return this.#hours.reduce((sum, hour) => sum + hour.volume, 0);
  }
  /** Last price against the first one of those hours, as a fraction; null where it has no meaning. */
  get dayChange(): DayChange {
    const open = this.#hours[0]?.open;
    if (this.#trade === null || open === undefined) return { value: null, reason: "no_trade" };
    // A part of nothing, or of a debt, has no meaning: from -10 to -37 is no rise.
    if (open <= 0) return { value: null, reason: "base_not_positive" };
    return { value: this.#trade.price / open - 1 };
  }

  #applyMetric(point: MetricEvent): void {
    const series = `${point.metric}\u0001${canonicalLabels(point.labels)}`;
    const known = this.#metrics.get(series);
    if (known !== undefined && known.ts > point.ts) return;
    // Deleting first moves the series to the end, so the map's order is the order of the last update.
    if (known !== undefined) this.#metrics.delete(series);
    else this.#metricsChars += charsOf(series);
    this.#metrics.set(series, point);
    for (const [oldest] of this.#metrics) {
      if (this.#metrics.size <= KEPT_SERIES && this.#metricsChars <= KEPT_SERIES_CHARS) break;
      this.#metrics.delete(oldest);
      this.#metricsChars -= charsOf(oldest);
    }
  }

  #applyPosition(position: PositionEvent): void {
    const account = accountOf(position);
    const known = this.#positions.get(account);
    if (known !== undefined && known.ts > position.ts) return;
    this.#positions.delete(account);
    this.#positions.set(account, position);
    for (const [oldest] of this.#positions) {
      if (this.#positions.size <= KEPT_ACCOUNTS) break;
      this.#positions.delete(oldest);
    }
  }

  #applyTrade(trade: TradeEvent, news: BarNews | undefined): void {
    if (this.#trade === null || trade.ts >= this.#trade.ts) this.#trade = trade;
    this.#applyHour(trade);
    const newest = this.#bars.at(-1);
    const start = bucketStartUs(trade.ts, LIVE_INTERVAL);
    if (newest === undefined || start > newest.ts) {
      if (newest !== undefined) news?.bar({ type: "bar", ...liveBar(newest) });
      this.#bars.push({ ...openBar(trade, LIVE_INTERVAL), revision: 0 });
      if (this.#bars.length > KEPT_BARS) this.#bars.shift();
      return;
    }
    const index = this.#bars.findIndex((bar) => bar.ts >= start);
    const bar = this.#bars[index];
    if (bar === undefined) return;
    if (bar.ts !== start) {
      this.#insertClosedBar(index, trade, news);
      return;
    }
    const late = index < this.#bars.length - 1;
    const grown = { ...extendBar(bar, trade), revision: bar.revision + (late ? 1 : 0) };
    this.#bars[index] = grown;
    if (late) news?.bar({ type: "bar", ...liveBar(grown) });
  }

  /** A late trade of a minute that had none: its bar is closed from the first. */
  #insertClosedBar(index: number, trade: TradeEvent, news: BarNews | undefined): void {
    const isFull = this.#bars.length >= KEPT_BARS;
    // Before the oldest bar of a full list lie minutes whose bars are kept no more.
    if (index === 0 && isFull) {
      news?.oldBar(bucketStartUs(trade.ts, LIVE_INTERVAL));
      return;
    }
    const bar = { ...openBar(trade, LIVE_INTERVAL), revision: 0 };
    this.#bars.splice(index, 0, bar);
    if (isFull) this.#bars.shift();
    news?.bar({ type: "bar", ...liveBar(bar) });
  }

  #applyHour(trade: TradeEvent): void {
    const start = bucketStartUs(trade.ts, "1h");
    const at = this.#hours.findIndex((hour) => hour.ts >= start);
    const found = at < 0 ? undefined : this.#hours[at];
    if (found !== undefined && found.ts === start) this.#hours[at] = extendBar(found, trade);
    else this.#hours.splice(at < 0 ? this.#hours.length : at, 0, openBar(trade, "1h"));
    const newest = this.#hours.at(-1)?.ts ?? start;
    while ((this.#hours[0]?.ts ?? newest) <= newest - DAY_US) this.#hours.shift();
  }
}

/** The position without an account is one of its own; no account has an empty name. */
function accountOf({ account }: PositionEvent): string {
  return account ?? "";
}

/** About what a series takes in a snapshot and, with its key, in the fold. */
function charsOf(series: string): number {
  return 120 + series.length * 4;
}

function liveBar(bar: RevisedBar): LiveBar {
  const { ts, open, high, low, close, volume, trades, revision } = bar;
  return { interval: LIVE_INTERVAL, ts, open, high, low, close, volume, trades, revision };
}
