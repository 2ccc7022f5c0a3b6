import type { ArchiveAnswer } from "../../../durable/room/past/archive.ts";
import type { RoomArchive } from "../../../durable/room/room-ports.ts";
import { KEPT_BARS } from "../../../durable/room/state/last-values.ts";
import type { StoreOutcome, StoreRequest, SymbolFrames } from "../../../src/bindings/writer.ts";
import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import { decodeFrame, encodeFrame, tradeKey } from "../../../src/core/events/encode-events.ts";
import type { TailTrade } from "../../../src/db/bars/read-bar-columns.ts";
import { DatabaseError } from "../../../src/db/driver/database-error.ts";
import type { EarlierLife, StoredMinute } from "../../../src/db/events/read-earlier-life.ts";
import type { AlertEvent } from "../../../src/protocol/events/alert.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { BookEvent } from "../../../src/protocol/events/book.ts";
import type { TapeEvent, TradeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { barOf, lastMetrics, lastOrders, lastPositions, lastTrade } from "./model/tape.ts";

export interface StoredRow {
  cursor: Cursor;
  ordinal: number;
  event: TapeEvent;
}

/**
 * What Postgres does for hosts: rows of symbols by (cursor, ordinal), the first of equal trades and the samples of books kept.
 */
export class FakePostgres {
  /** `away`: nothing works. `forgetful`: it stores, and the answer is lost. */
  mode: "up" | "slow" | "away" | "forgetful" = "up";
  /** A symbol whose frames it does not take. */
  refused: SymbolName | null = null;
  readonly #pageEvents: number;
  #symbols = new Map<SymbolName, Map<string, StoredRow>>();
  #databases = 1;
  /** What pages have no more. What others read is rollups and last values, which stay. */
  readonly #expired = new Map<SymbolName, Set<StoredRow>>();

  constructor(pageEvents: number) {
    this.#pageEvents = pageEvents;
  }

  get identity(): string {
    return `database ${this.#databases}`;
  }

  /** Another, empty database is in its place. */
  replace(): void {
    this.#databases += 1;
    this.#symbols = new Map();
    this.#expired.clear();
  }

  /** Retention drops these rows of a symbol. */
  expire(symbol: SymbolName, rows: readonly StoredRow[]): void {
    this.#expired.set(symbol, new Set([...(this.#expired.get(symbol) ?? []), ...rows]));
  }

  rowsOf(symbol: SymbolName): StoredRow[] {
    const rows = [...(this.#symbols.get(symbol)?.values() ?? [])];
    return rows.sort((a, b) => a.cursor - b.cursor || a.ordinal - b.ordinal);
  }

  async identityNow(): Promise<string | null> {
    return this.mode === "away" ? null : this.identity;
  }

  async readStored(): Promise<SymbolName[]> {
    this.#mustBeThere();
    return [...this.#symbols.keys()];
  }

  async find(symbols: readonly SymbolName[]): Promise<SymbolName[]> {
    this.#mustBeThere();
    return symbols.filter((symbol) => this.#symbols.has(symbol));
  }

  store({ rooms }: Pick<StoreRequest, "rooms">): StoreOutcome {
    if (this.mode === "away") return { kind: "unavailable" };
    const taken = rooms.filter(({ symbol }) => symbol !== this.refused);
    for (const room of taken) this.keep(room);
    if (this.mode === "forgetful") return { kind: "unavailable" };
    const { identity } = this;
    if (taken.length === rooms.length) return { kind: "stored", identity };
    if (taken.length === 0 || this.refused === null) return { kind: "refused" };
    return { kind: "partly", identity, refused: [this.refused] };
  }

  keep({ symbol, frames }: SymbolFrames): void {
    const rows = this.#symbols.get(symbol) ?? new Map<string, StoredRow>();
    this.#symbols.set(symbol, rows);
    for (const { cursor, text } of frames) {
      for (const [ordinal, event] of decodeFrame(text).entries()) {
        if (event.kind === "book" && event.sampled !== true) continue;
        const key = tradeKey(event) ?? `${cursor}/${ordinal}`;
        const known = rows.get(key);
        if (known === undefined || cursor < known.cursor) {
          rows.set(key, { cursor, ordinal, event });
        }
      }
    }
  }

  archiveOf(symbol: SymbolName): RoomArchive {
    const rows = () => {
      this.#mustBeThere();
      return this.rowsOf(symbol);
    };
    return {
      readPage: async (after, upTo) => this.#readPage(symbol, after, upTo),
      readNewestCursor: async (after) => {
        const newest = rows().at(-1)?.cursor ?? null;
        return newest === null || newest <= after ? null : newest;
      },
      readEarlierLife: async (through) =>
        earlierLifeOf(rows().filter(({ cursor }) => cursor <= through)),
      readHours: async (_, through) =>
        hoursOf(tradesOf(rows().filter(({ cursor }) => cursor <= through))),
      readLastTrade: async (through) =>
        lastTrade(rows().flatMap((row) => (row.cursor <= through ? row.event : []))),
      readMinute: async (minuteUs, storedThrough, tail) =>
        minuteOf(rows(), minuteUs, storedThrough, tail),
    };
  }

  #mustBeThere(): void {
    if (this.mode !== "away") return;
    throw new DatabaseError(new Error("the model's Postgres is away"));
  }

  #readPage(symbol: SymbolName, after: Cursor, upTo: Cursor): ArchiveAnswer {
    if (this.mode === "away") return { kind: "away" };
    const frames: Extract<ArchiveAnswer, { kind: "frames" }>["frames"] = [];
    const expired = this.#expired.get(symbol) ?? new Set();
    const newest = Math.max(0, ...[...expired].map(({ cursor }) => cursor)) as Cursor;
    const told = newest === 0 ? {} : { expiredThrough: newest };
    let events = 0;
    const found = Map.groupBy(
      this.rowsOf(symbol).filter(
        (row) => row.cursor > after && row.cursor <= upTo && !expired.has(row),
      ),
      ({ cursor }) => cursor,
    );
    for (const [cursor, rows] of found) {
      if (events > 0 && events + rows.length > this.#pageEvents) {
        return { kind: "frames", frames, through: frames.at(-1)?.cursor ?? upTo, ...told };
      }
      frames.push({ ...encodeFrame(rows.map(({ event }) => event)), cursor });
      events += rows.length;
    }
    return { kind: "frames", frames, through: upTo, ...told };
  }
}

function tradesOf(rows: readonly StoredRow[]): TradeEvent[] {
  return rows.flatMap(({ event }) => (event.kind === "trade" ? [event] : []));
}

function minuteOf(
  rows: readonly StoredRow[],
  minuteUs: number,
  storedThrough: Cursor,
  tail: readonly TailTrade[],
) {
  const stored = tradesOf(rows.filter(({ cursor }) => cursor <= storedThrough));
  const known = new Set(stored.map(tradeKey));
  const news = tail
    .map(({ trade }) => trade)
    .filter((trade) => tradeKey(trade) === null || !known.has(tradeKey(trade)));
  return barOf([...stored, ...news], minuteUs);
}

function earlierLifeOf(rows: readonly StoredRow[]): EarlierLife {
  const events = rows.map(({ event }) => event);
  const trades = tradesOf(rows);
  const minutes = startsOf(trades, "1m").slice(-KEPT_BARS);
  const samples = rows.filter(({ event }) => event.kind === "book");
  const sample = samples.at(-1);
  const latestTs = Math.max(...samples.map(({ event }) => event.ts)) as EpochUs;
  return {
    metrics: lastMetrics(events),
    trade: lastTrade(events),
    tradeKeys: trades.map(tradeKey).filter((key) => key !== null),
    minutes: minutes.flatMap((startUs) => storedMinuteOf(trades, startUs)),
    minutesFromUs: minutes.length < KEPT_BARS ? null : (minutes[0] ?? null),
    hours: hoursOf(trades),
    positions: lastPositions(events),
    orders: ordersOf(events),
    alerts: alertsOf(events),
    book:
      sample === undefined
        ? null
        : { sample: sample.event as BookEvent, place: { cursor: sample.cursor, ts: latestTs } },
  };
}

function startsOf(trades: readonly TradeEvent[], interval: "1m" | "1h"): EpochUs[] {
  const starts = trades.map(({ ts }) => bucketStartUs(ts, interval));
  return [...new Set(starts)].sort((a, b) => a - b);
}

function hoursOf(trades: readonly TradeEvent[]): Bar[] {
  return startsOf(trades, "1h").flatMap(
    (startUs) => barOf(trades, startUs, { interval: "1h" }) ?? [],
  );
}

function alertsOf(events: readonly TapeEvent[]): AlertEvent[] {
  const last = new Map<string, AlertEvent>();
  for (const event of events) {
    if (event.kind === "alert") last.set(`${event.rule} ${event.series ?? ""}`, event);
  }
  return [...last.values()].filter(({ state }) => state !== "inactive");
}

function ordersOf(events: readonly TapeEvent[]): NonNullable<EarlierLife["orders"]> {
  const open = lastOrders(events);
  const latest = (all: readonly TapeEvent[]) =>
    all.length === 0 ? null : (Math.max(...all.map(({ ts }) => ts)) as EpochUs);
  const isOpen = new Set(open.map(({ id }) => id));
  return {
    open,
    overUs: latest(events.filter((event) => event.kind === "order" && !isOpen.has(event.id))),
    noteUs: latest(events.filter(({ kind }) => kind === "note")),
  };
}

function storedMinuteOf(trades: readonly TradeEvent[], startUs: EpochUs): StoredMinute[] {
  const bar = barOf(trades, startUs);
  const moments = trades
    .map(({ ts }) => ts)
    .filter((ts) => bucketStartUs(ts, "1m") === startUs)
    .sort((a, b) => a - b);
  const [openedAtUs, closedAtUs] = [moments[0], moments.at(-1)];
  if (bar === null || openedAtUs === undefined || closedAtUs === undefined) return [];
  return [{ ...bar, openedAtUs, closedAtUs }];
}
