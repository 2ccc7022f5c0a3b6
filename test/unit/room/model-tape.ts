import { expect } from "vitest";
import { bucketStartUs } from "../../../src/core/bars.ts";
import { tradeKey } from "../../../src/core/encode-events.ts";
import type { Bar } from "../../../src/protocol/bar.ts";
import type { BookEvent } from "../../../src/protocol/book.ts";
import type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../../../src/protocol/event.ts";
import type { Cursor } from "../../../src/protocol/time.ts";

export interface TapeEntry {
  cursor: Cursor;
  ordinal: number;
  event: TapeEvent;
  json: string;
  /** A trade the room had forgotten and took again; Postgres keeps the first of them. */
  isRepeat: boolean;
}

/** Whether Postgres keeps an event: of books the samples. */
export function isKept(event: TapeEvent): boolean {
  return event.kind !== "book" || event.sampled === true;
}

/** The simple model: every acknowledged event in its order, and naive answers from it. */
export class ModelTape {
  readonly entries: TapeEntry[] = [];
  /** Of books before this only samples are to be had. */
  prunedThrough = 0;
  readonly #seen = new Map<string, Cursor>();

  add(cursor: Cursor, ordinal: number, event: TapeEvent): TapeEntry {
    const key = tradeKey(event);
    const isRepeat = key !== null && this.#seen.has(key);
    if (key !== null && !isRepeat) this.#seen.set(key, cursor);
    const entry = { cursor, ordinal, event, json: JSON.stringify(event), isRepeat };
    this.entries.push(entry);
    return entry;
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
   * one is missing, twice, or out of order.
   */
  consume(from: number, events: readonly TapeEvent[], cursor: Cursor): number {
    let at = from;
    for (const event of events) {
      const json = JSON.stringify(event);
      while (this.entries[at]?.json !== json && this.#mayBeMissing(this.entries[at])) at += 1;
      expect(json).toBe(this.entries[at]?.json);
      at += 1;
    }
    return this.skipTo(at, cursor);
  }

  /** Index of the first entry after `cursor`; only what Postgres does not keep may lie between. */
  skipTo(from: number, cursor: Cursor): number {
    let at = from;
    for (let entry = this.entries[at]; entry !== undefined && entry.cursor <= cursor; ) {
      if (!this.#mayBeMissing(entry))
        expect.fail(`no one was told of ${entry.json} at ${entry.cursor}`);
      at += 1;
      entry = this.entries[at];
    }
    return at;
  }

  /** A repeat that the room took and Postgres did not; or of a book what is no sample and can only be in Postgres. */
  #mayBeMissing(entry: TapeEntry | undefined): boolean {
    if (entry === undefined || entry.isRepeat) return entry !== undefined;
    return !isKept(entry.event) && entry.cursor <= this.prunedThrough;
  }

  /** The book of the first entries, by the words of the protocol and nothing cleverer (SPEC D-2). */
  book(end: number): BookEvent | null {
    let last: BookEvent | null = null;
    let [bids, asks] = [new Map<number, number>(), new Map<number, number>()];
    for (const { event } of this.entries.slice(0, end)) {
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

  lastTrade(end: number): TradeEvent | null {
    let last: TradeEvent | null = null;
    for (const trade of this.#trades(end)) if (last === null || trade.ts >= last.ts) last = trade;
    return last;
  }

  /** The last point of each series. */
  lastPositions(end: number): PositionEvent[] {
    const last = new Map<string, PositionEvent>();
    for (const { event } of this.entries.slice(0, end)) {
      if (event.kind !== "position") continue;
      const known = last.get(event.account ?? "");
      if (known === undefined || event.ts >= known.ts) last.set(event.account ?? "", event);
    }
    return [...last.values()];
  }

  lastMetrics(end: number): MetricEvent[] {
    const last = new Map<string, MetricEvent>();
    for (const { event } of this.entries.slice(0, end)) {
      if (event.kind !== "metric") continue;
      const series = `${event.metric} ${JSON.stringify(event.labels)}`;
      const known = last.get(series);
      if (known === undefined || event.ts >= known.ts) last.set(series, event);
    }
    return [...last.values()];
  }

  /** The bar of the first `count` trades, in the order they arrived, of the minute that begins at `startUs`. */
  bar(end: number, startUs: number, count?: number): Bar | null {
    return barOf(this.#trades(end), startUs, count);
  }

  newestMinute(end: number): number | null {
    const minutes = [...this.#trades(end)].map(({ ts }) => bucketStartUs(ts, "1m"));
    return minutes.length === 0 ? null : Math.max(...minutes);
  }

  *#trades(end: number): Generator<TradeEvent> {
    for (let at = 0; at < end; at += 1) {
      const event = this.entries[at]?.event;
      if (event?.kind === "trade") yield event;
    }
  }
}

/** The bar of the first `count` of these trades, in the order they arrived, of the minute that begins at `startUs`. */
export function barOf(
  all: Iterable<TradeEvent>,
  startUs: number,
  count = Number.POSITIVE_INFINITY,
): Bar | null {
  const trades = [...all]
    .filter((trade) => bucketStartUs(trade.ts, "1m") === startUs)
    .slice(0, count);
  const byTime = trades.toSorted((a, b) => a.ts - b.ts);
  const [first] = byTime;
  const last = byTime.at(-1);
  if (first === undefined || last === undefined) return null;
  return {
    ts: bucketStartUs(first.ts, "1m"),
    open: first.price,
    high: Math.max(...trades.map(({ price }) => price)),
    low: Math.min(...trades.map(({ price }) => price)),
    close: last.price,
    volume: trades.reduce((sum, { size }) => sum + size, 0),
    trades: trades.length,
  };
}
