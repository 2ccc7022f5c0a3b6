import { volumeOf } from "../../../src/core/bars/bar-volume.ts";
import { bucketStartUs, extendBar, type GrowingBar, openBar } from "../../../src/core/bars/bars.ts";
import { type BookState, foldBook } from "../../../src/core/books/book-samples.ts";
import { canonicalLabels } from "../../../src/core/events/labels.ts";
import { DAY_US } from "../../../src/core/time/duration.ts";
import type { DayChange } from "../../../src/protocol/answers/answers.ts";
import { INTERVAL_SECONDS, type Interval } from "../../../src/protocol/events/bar.ts";
import type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../../../src/protocol/events/event.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type {
  BarMessage,
  LiveBar,
  Truncated,
} from "../../../src/protocol/socket/server-message.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { type KeptLimits, NewestByKey } from "./newest-by-key.ts";
import { type KeptOrders, OpenOrders } from "./open-orders.ts";

/** The interval of the bars a room sends; a client makes the others from trades. */
export const LIVE_INTERVAL = "1m" satisfies Interval;
/** Closed bars a late trade can still correct by heart; of older ones Postgres has to be asked. */
export const KEPT_BARS = 15;
/**
 * Series and accounts kept: the fold fits one row of SQLite (2 MB) and a snapshot stays one message. What of them is
 * beyond is in Postgres alone (SPEC R-1).
 */
export const KEPT_SERIES = {
  ...{ count: 2_000, chars: 600_000 },
  charsOf: (series: string) => 120 + series.length * 4,
} satisfies KeptLimits;
export const KEPT_ACCOUNTS = {
  ...{ count: 2_000, chars: 400_000 },
  charsOf: (account: string) => 100 + account.length * 2,
} satisfies KeptLimits;
/** A bar is said to be closed so long after its end, and after its last trade came, where no trade of a later one says so. */
const QUIET_US = 5_000_000;

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
  /** Series and accounts that were let go have their newest event at this moment or before; null or absent: none was. */
  seriesCutUs?: EpochUs | null;
  accountsCutUs?: EpochUs | null;
  /** Open orders. Absent in what was written down before there were orders. */
  orders?: KeptOrders;
  /** The book and where its last sample is. Absent in what was written down before there were books. */
  book?: BookState | null;
  /** Newest 1 m bars, oldest first; the last one is still growing. */
  bars: RevisedBar[];
  /** Earlier bars than this are not known by heart, even where there is room for them. */
  barsFromUs?: EpochUs | null;
  /** The place of the last trade of the newest bar, and whether it was said to be closed though it is the newest. */
  barCursor?: Cursor | null;
  isBarClosed?: boolean;
  /** 1 h bars of the 24 h before the last trade, oldest first, for change and volume. */
  hours: GrowingBar[];
  /** The latest moment of any event. */
  lastEventUs: EpochUs | null;
}

/** What the trades of an hour are together. */
export interface HourTrades {
  volume: number;
  trades: number;
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
  readonly #metrics: NewestByKey<MetricEvent>;
  #trade: TradeEvent | null;
  readonly #positions: NewestByKey<PositionEvent>;
  readonly #orders: OpenOrders;
  #book: BookState | null;
  readonly #bars: RevisedBar[];
  readonly #barsFromUs: EpochUs | null;
  #barCursor: Cursor | null;
  #isBarClosed: boolean;
  readonly #hours: GrowingBar[];
  #lastEventUs: EpochUs | null;

  constructor(from: LastValues | null) {
    const metrics = from?.metrics ?? [];
    const positions = from?.positions ?? [];
    this.#metrics = new NewestByKey(
      KEPT_SERIES,
      metrics,
      from?.seriesCutUs ??
        unsaidCutUs(
          from,
          metrics.map(([, point]) => point),
          2_000,
        ),
    );
    this.#trade = from?.trade ?? null;
    this.#positions = new NewestByKey(
      KEPT_ACCOUNTS,
      positions.map((each) => [accountOf(each), each] as const),
      from?.accountsCutUs ?? unsaidCutUs(from, positions, 500),
    );
    this.#orders = new OpenOrders(from?.orders);
    this.#book = from?.book ?? null;
    this.#bars = from?.bars ?? [];
    this.#barsFromUs = from?.barsFromUs ?? null;
    this.#barCursor = from?.barCursor ?? null;
    this.#isBarClosed = from?.isBarClosed ?? false;
    this.#hours = from?.hours ?? [];
    this.#lastEventUs = from?.lastEventUs ?? null;
  }

  /** Takes one event of the frame at `cursor`, and tells what it did to bars. */
  apply(event: TapeEvent, cursor: Cursor, news?: BarNews): void {
    // Neither is a value of the instrument, or makes one look alive (SPEC LG-8).
    if (event.kind === "log" || event.kind === "alert") return;
    if (event.kind === "metric") {
      this.applyPoint(seriesKey(event), event);
      return;
    }
    this.#seen(event.ts);
    switch (event.kind) {
      case "trade":
        this.#applyTrade(event, cursor, news);
        return;
      case "position":
        this.#positions.take(accountOf(event), event);
        return;
      case "book":
        this.#book = foldBook(this.#book, event, cursor);
        return;
      case "order":
        this.#orders.take(event);
        return;
      // A note is of its moment, and no value.
      case "note":
        return;
      default:
        event satisfies never;
    }
  }

  /** The same of a point, of which the key of its series is known. */
  applyPoint(series: string, point: MetricEvent): void {
    this.#seen(point.ts);
    this.#metrics.take(series, point);
  }

  toJSON(): LastValues {
    return {
      metrics: this.#metrics.entries,
      seriesCutUs: this.#metrics.cutUs,
      trade: this.#trade,
      positions: this.positions,
      accountsCutUs: this.#positions.cutUs,
      orders: this.#orders.toJSON(),
      book: this.#book,
      bars: this.#bars,
      barsFromUs: this.#barsFromUs,
      barCursor: this.#barCursor,
      isBarClosed: this.#isBarClosed,
      hours: this.#hours,
      lastEventUs: this.#lastEventUs,
    };
  }

  get metrics(): MetricEvent[] {
    return this.#metrics.events;
  }
  get seriesCount(): number {
    return this.#metrics.size;
  }
  get trade(): TradeEvent | null {
    return this.#trade;
  }
  get positions(): PositionEvent[] {
    return this.#positions.events;
  }
  /** Newest state of each open order; the one updated last stands last. */
  get orders(): OrderEvent[] {
    return this.#orders.events;
  }
  /** How many series, accounts and open orders are here, where some were let go; null where there are no more. */
  get truncated(): Truncated | null {
    const isCut = [this.#metrics, this.#positions].some(({ cutUs }) => cutUs !== null);
    if (!isCut && !this.#orders.isCut) return null;
    return {
      ...(this.#metrics.cutUs !== null && { metrics: this.#metrics.size }),
      ...(this.#positions.cutUs !== null && { positions: this.#positions.size }),
      ...(this.#orders.isCut && { orders: this.orders.length }),
    };
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
    const volume = this.#hours.reduce((sum, hour) => sum + hour.volume, 0);
    return volumeOf(
      volume,
      this.#hours.reduce((count, hour) => count + hour.trades, 0),
    );
  }
  /** Last price against the first one of those hours, as a fraction; null where it has no meaning. */
  get dayChange(): DayChange {
    const open = this.#hours[0]?.open;
    if (this.#trade === null || open === undefined) return { value: null, reason: "no_trade" };
    // A part of nothing, or of a debt, has no meaning: from -10 to -37 is no rise.
    if (open <= 0) return { value: null, reason: "base_not_positive" };
    return { value: this.#trade.price / open - 1 };
  }

  /** When the newest bar may be said to be closed, if no trade comes; null where there is none, or it has been. */
  get barDueUs(): EpochUs | null {
    const bar = this.#bars.at(-1);
    if (bar === undefined || this.#isBarClosed) return null;
    const endUs = bar.ts + INTERVAL_SECONDS[LIVE_INTERVAL] * 1_000_000;
    return (Math.max(endUs, this.#barCursor ?? 0) + QUIET_US) as EpochUs;
  }

  /** Closes the newest bar: a trade that still comes for it corrects it. */
  closeBar(): BarMessage | null {
    const bar = this.bar;
    if (bar === null || this.#isBarClosed) return null;
    this.#isBarClosed = true;
    return { type: "bar", ...bar };
  }

  /**
   * These hours, of those known here, have so many trades: some were counted twice. `last`: the trade that came last of its moment, where a
   * repeat may have taken its place.
   */
  correctHours(hours: ReadonlyMap<EpochUs, HourTrades>, last: TradeEvent | null): void {
    for (const hour of this.#hours) Object.assign(hour, hours.get(hour.ts));
    if (last !== null && last.ts === this.#trade?.ts) this.#trade = last;
  }

  #seen(ts: EpochUs): void {
    if (this.#lastEventUs === null || ts > this.#lastEventUs) this.#lastEventUs = ts;
  }

  #applyTrade(trade: TradeEvent, cursor: Cursor, news: BarNews | undefined): void {
    if (this.#trade === null || trade.ts >= this.#trade.ts) this.#trade = trade;
    this.#applyHour(trade);
    const newest = this.#bars.at(-1);
    const start = bucketStartUs(trade.ts, LIVE_INTERVAL);
    if (newest === undefined || start > newest.ts) {
      if (newest !== undefined && !this.#isBarClosed)
        news?.bar({ type: "bar", ...liveBar(newest) });
      this.#bars.push({ ...openBar(trade, LIVE_INTERVAL), revision: 0 });
      this.#barCursor = cursor;
      this.#isBarClosed = false;
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
    const isNewest = index === this.#bars.length - 1;
    if (isNewest) this.#barCursor = cursor;
    const late = !isNewest || this.#isBarClosed;
    const grown = { ...extendBar(bar, trade), revision: bar.revision + (late ? 1 : 0) };
    this.#bars[index] = grown;
    if (late) news?.bar({ type: "bar", ...liveBar(grown) });
  }

  /** A late trade of a minute that had none: its bar is closed from the first. */
  #insertClosedBar(index: number, trade: TradeEvent, news: BarNews | undefined): void {
    const isFull = this.#bars.length >= KEPT_BARS;
    const start = bucketStartUs(trade.ts, LIVE_INTERVAL);
    // Before the oldest bar of a full list lie minutes whose bars are kept no more.
    if ((index === 0 && isFull) || start < (this.#barsFromUs ?? start)) {
      news?.oldBar(start);
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

/** What was written down before it was said whether something was let go: whoever was full may have. */
function unsaidCutUs(
  from: LastValues | null,
  events: readonly { ts: EpochUs }[],
  full: number,
): EpochUs | null {
  if (from === null || from.seriesCutUs !== undefined || events.length < full) return null;
  return events.reduce((latest, { ts }) => (ts > latest ? ts : latest), events[0]?.ts as EpochUs);
}

/** A series in the fold. */
export function seriesKey({ metric, labels }: Pick<MetricEvent, "metric" | "labels">): string {
  return `${metric}\u0001${canonicalLabels(labels)}`;
}

function liveBar(bar: RevisedBar): LiveBar {
  const { ts, open, high, low, close, trades, revision } = bar;
  const volume = volumeOf(bar.volume, trades);
  return { interval: LIVE_INTERVAL, ts, open, high, low, close, volume, trades, revision };
}
