import { expect } from "vitest";
import { bucketStartUs } from "../../../../src/core/bars/bars.ts";
import { tradeKey } from "../../../../src/core/events/encode-events.ts";
import { HOUR_US } from "../../../../src/core/time/duration.ts";
import type { Bar, Interval } from "../../../../src/protocol/events/bar.ts";
import type { BookEvent } from "../../../../src/protocol/events/book.ts";
import type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../../../../src/protocol/events/event.ts";
import type { OrderEvent } from "../../../../src/protocol/events/order.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

export interface TapeEntry {
  cursor: Cursor;
  ordinal: number;
  event: TapeEvent;
  json: string;
  /** A trade the room did not know and took again; Postgres keeps the first of them. */
  isRepeat: boolean;
  /** It was never in a log of this room: Postgres alone has it. */
  isEarlier: boolean;
  /** Postgres alone had it, and another database is in its place. */
  isLost: boolean;
  /** Retention has dropped it. */
  isExpired: boolean;
}

/** Whether Postgres keeps an event: of books the samples. */
export function isKept(event: TapeEvent): boolean {
  return event.kind !== "book" || event.sampled === true;
}

/** The simple model of a symbol: every acknowledged event in its order, and naive answers from it. */
export class ModelTape {
  readonly entries: TapeEntry[] = [];
  /** Of books before this only samples are to be had. */
  prunedThrough = 0;
  /** Of what Postgres alone has some up to here is kept no more. */
  expiredThrough = 0;
  /** Another database has taken the place of the one that had what the log has not. */
  isReplaced = false;
  readonly #seen = new Map<string, Cursor>();

  add(cursor: Cursor, ordinal: number, event: TapeEvent, isEarlier = false): TapeEntry {
    const key = tradeKey(event);
    const isRepeat = key !== null && this.#seen.has(key);
    if (key !== null && !isRepeat) this.#seen.set(key, cursor);
    const entry: TapeEntry = {
      ...{ cursor, ordinal, event, json: JSON.stringify(event) },
      ...{ isRepeat, isEarlier, isLost: false, isExpired: false },
    };
    this.entries.push(entry);
    return entry;
  }

  get head(): Cursor {
    return this.entries.at(-1)?.cursor ?? (0 as Cursor);
  }

  /** Another database knows nothing of what the log does not hold any more. */
  lose(through: Cursor): void {
    for (const entry of this.entries) {
      if (entry.isEarlier || entry.cursor <= through) entry.isLost = true;
    }
  }

  /** Retention has dropped what is in these places. */
  expire(places: readonly Pick<TapeEntry, "cursor" | "ordinal">[]): void {
    const gone = new Set(places.map(({ cursor, ordinal }) => `${cursor}/${ordinal}`));
    for (const entry of this.entries) {
      if (!gone.has(`${entry.cursor}/${entry.ordinal}`)) continue;
      entry.isExpired = true;
      this.expiredThrough = Math.max(this.expiredThrough, entry.cursor);
    }
  }

  /** Nobody has been told of an earlier life, and now nobody will be. */
  forgetEarlier(): void {
    const rest = this.entries.splice(0).filter(({ isEarlier }) => !isEarlier);
    this.#seen.clear();
    for (const { cursor, ordinal, event } of rest) this.add(cursor, ordinal, event);
  }

  /** What has to be in Postgres, once; `isThere` says what of the rest may be, as what another database had refused. */
  kept(isThere: (entry: TapeEntry) => boolean): TapeEntry[] {
    const seen = new Set<string>();
    return this.entries.filter((entry) => {
      const { event, isLost } = entry;
      if ((isLost && !isThere(entry)) || !isKept(event)) return false;
      const key = tradeKey(event);
      if (key === null) return true;
      const isFirst = !seen.has(key);
      seen.add(key);
      return isFirst;
    });
  }

  /** Cursor of the first trade with this identity; null where it is new or no such trade. */
  firstSeen(event: TapeEvent): Cursor | null {
    const key = tradeKey(event);
    return key === null ? null : (this.#seen.get(key) ?? null);
  }

  /** Index of the first entry after `cursor`. */
  indexAfter(cursor: Cursor): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.cursor ?? 0) > cursor) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * Index after the entries that `events` are, given that they begin at `from` and reach through `cursor`. Fails where
   * one is missing, twice, or out of order. `expiredTold`: up to here whoever gets them was told what is kept no more.
   */
  consume(from: number, events: readonly TapeEvent[], cursor: Cursor, expiredTold = 0): number {
    let at = from;
    for (const event of events) {
      const json = JSON.stringify(event);
      while (this.entries[at]?.json !== json && this.#mayBeMissing(this.entries[at], expiredTold)) {
        at += 1;
      }
      if (this.entries[at]?.json !== json) expect(json).toBe(this.entries[at]?.json);
      at += 1;
    }
    return this.skipTo(at, cursor, expiredTold);
  }

  /** Index of the first entry after `cursor`; only what Postgres does not keep may lie between. */
  skipTo(from: number, cursor: Cursor, expiredTold = 0): number {
    let at = from;
    for (let entry = this.entries[at]; entry !== undefined && entry.cursor <= cursor; ) {
      if (!this.#mayBeMissing(entry, expiredTold))
        expect.fail(`no one was told of ${entry.json} at ${entry.cursor}`);
      at += 1;
      entry = this.entries[at];
    }
    return at;
  }

  /**
   * A repeat that the room took and Postgres did not; what was lost with another database; or of a book what is no sample and can
   * only be in Postgres.
   */
  #mayBeMissing(entry: TapeEntry | undefined, expiredTold: number): boolean {
    if (entry === undefined) return false;
    if (entry.isExpired && entry.cursor <= expiredTold) return true;
    if (entry.isRepeat || this.#mayBeLost(entry)) return true;
    return !isKept(entry.event) && entry.cursor <= this.prunedThrough;
  }

  /** Postgres alone has it, or had it. */
  #mayBeLost({ isEarlier, isLost, cursor }: TapeEntry): boolean {
    return isLost || (this.isReplaced && (isEarlier || cursor <= this.prunedThrough));
  }

  /** The book of the first entries, by the words of the protocol and nothing cleverer (SPEC D-2). */
  book(end: number): BookEvent | null {
    return bookOf(this.entries.slice(0, end).map(({ event }) => event));
  }

  /** The first entries' events. */
  events(end: number): TapeEvent[] {
    return this.entries.slice(0, end).map(({ event }) => event);
  }

  /**
   * Is it the bar of the first so many trades of its minute, in the order they arrived? A trade that was taken twice counts twice for
   * the room that took it, and once for whoever has it from Postgres; nothing is said of a minute that has lost some.
   */
  expectBar(end: number, { count, ...bar }: Bar & { count?: number | undefined }): void {
    const entries = this.entries
      .slice(0, end)
      .filter(({ event }) => event.kind === "trade" && bucketStartUs(event.ts, "1m") === bar.ts);
    if (entries.some((entry) => this.#mayBeLost(entry))) return;
    const barsOf = (isCounted: (entry: TapeEntry) => boolean) =>
      barOf(tradesOf(entries.filter(isCounted).map(({ event }) => event)), bar.ts, { count });
    const bars = [
      barsOf(() => true),
      barsOf(({ isRepeat }) => !isRepeat),
      barsOf(({ isRepeat, cursor }) => !isRepeat || cursor > this.prunedThrough),
    ];
    const isOne = bars.some((one) => JSON.stringify(one) === JSON.stringify(bar));
    if (!isOne) expect(bar).toEqual(bars[0]);
  }

  /** Traded in the 24 whole hours that end with the last trade, each trade once; null where none is known, or some are lost. */
  dayVolume(): number | null {
    const entries = this.entries.filter(({ event }) => event.kind === "trade");
    if (entries.some((entry) => this.#mayBeLost(entry))) return null;
    const trades = tradesOf(entries.filter(({ isRepeat }) => !isRepeat).map(({ event }) => event));
    const last = lastTrade(trades);
    if (last === null) return null;
    const fromUs = bucketStartUs(last.ts, "1h") - 23 * HOUR_US;
    return trades.reduce((sum, { ts, size }) => (ts >= fromUs ? sum + size : sum), 0);
  }

  /** The price of the last trade, each trade once. */
  lastPrice(): number | null {
    const once = this.entries.filter(({ isRepeat }) => !isRepeat).map(({ event }) => event);
    return lastTrade(once)?.price ?? null;
  }

  newestMinute(end: number): number | null {
    const minutes = tradesOf(this.events(end)).map(({ ts }) => bucketStartUs(ts, "1m"));
    return minutes.length === 0 ? null : Math.max(...minutes);
  }
}

function tradesOf(events: readonly TapeEvent[]): TradeEvent[] {
  return events.filter((event) => event.kind === "trade");
}

/** The book that these events make. */
export function bookOf(events: readonly TapeEvent[]): BookEvent | null {
  let last: BookEvent | null = null;
  let [bids, asks] = [new Map<number, number>(), new Map<number, number>()];
  for (const event of events) {
    if (event.kind !== "book" || (event.type === "diff" && last === null)) continue;
    if (event.type === "snapshot") [bids, asks] = [new Map(event.bids), new Map(event.asks)];
    else {
      for (const [price, size] of event.bids) bids.set(price, size);
      for (const [price, size] of event.asks) asks.set(price, size);
    }
    last = event;
  }
  if (last === null) return null;
  const levels = (side: Map<number, number>, sign: number) =>
    [...side].filter(([, size]) => size > 0).sort(([a], [b]) => sign * (a - b));
  const { ts, seq } = last;
  const found = { bids: levels(bids, -1), asks: levels(asks, 1) };
  return { kind: "book", ts, type: "snapshot", ...found, ...(seq !== undefined && { seq }) };
}

/** The latest trade; of trades at the same moment the one that came last. */
export function lastTrade(events: readonly TapeEvent[]): TradeEvent | null {
  let last: TradeEvent | null = null;
  for (const trade of tradesOf(events)) if (last === null || trade.ts >= last.ts) last = trade;
  return last;
}

/** The last position of each account. */
export function lastPositions(events: readonly TapeEvent[]): PositionEvent[] {
  return lastBy(
    events.filter((event) => event.kind === "position"),
    ({ account }) => account ?? "",
  );
}

/** The last state of each order that is not over. */
export function lastOrders(events: readonly TapeEvent[]): OrderEvent[] {
  const last = lastBy(
    events.filter((event) => event.kind === "order"),
    ({ id }) => id,
  );
  return last.filter(({ status }) => ["sent", "acknowledged", "partially_filled"].includes(status));
}

/** The last point of each series. */
export function lastMetrics(events: readonly TapeEvent[]): MetricEvent[] {
  return lastBy(
    events.filter((event) => event.kind === "metric"),
    ({ metric, labels }) => `${metric} ${JSON.stringify(labels)}`,
  );
}

function lastBy<Event extends TapeEvent>(
  events: readonly Event[],
  keyOf: (event: Event) => string,
): Event[] {
  const last = new Map<string, Event>();
  for (const event of events) {
    const key = keyOf(event);
    const known = last.get(key);
    if (known !== undefined && event.ts < known.ts) continue;
    last.delete(key);
    last.set(key, event);
  }
  return [...last.values()];
}

/** The bar of the first `count` of these trades, in the order they arrived, of the interval that begins at `startUs`. */
export function barOf(
  all: readonly TradeEvent[],
  startUs: number,
  { interval = "1m", count }: { interval?: Interval; count?: number | undefined } = {},
): Bar | null {
  const trades = all
    .filter((trade) => bucketStartUs(trade.ts, interval) === startUs)
    .slice(0, count ?? Number.POSITIVE_INFINITY);
  const byTime = trades.toSorted((a, b) => a.ts - b.ts);
  const [first] = byTime;
  const last = byTime.at(-1);
  if (first === undefined || last === undefined) return null;
  return {
    ts: bucketStartUs(first.ts, interval),
    open: first.price,
    high: Math.max(...trades.map(({ price }) => price)),
    low: Math.min(...trades.map(({ price }) => price)),
    close: last.price,
    volume: trades.reduce((sum, { size }) => sum + size, 0),
    trades: trades.length,
  };
}
