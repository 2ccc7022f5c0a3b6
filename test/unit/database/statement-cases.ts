import type { LogFilter } from "../../../src/core/logs/log-filter.ts";
import { readSearch } from "../../../src/core/logs/log-words.ts";
import type { BarsRange, TailedSymbol } from "../../../src/db/bars/read-bar-columns.ts";
import { readBars, readClosesOf } from "../../../src/db/bars/read-bars.ts";
import { readGoneBars } from "../../../src/db/bars/read-gone-bars.ts";
import { readImportedPrices } from "../../../src/db/bars/read-imported-prices.ts";
import type { Database, Row } from "../../../src/db/driver/database.ts";
import { readIdentity } from "../../../src/db/driver/identity.ts";
import { readAlertChanges } from "../../../src/db/events/read-alerts.ts";
import { readBookAt } from "../../../src/db/events/read-book.ts";
import {
  readEarlierLife,
  readHoursBefore,
  readNewestCursor,
} from "../../../src/db/events/read-earlier-life.ts";
import { readExport } from "../../../src/db/events/read-export.ts";
import { readFrames, readFramesOfMany } from "../../../src/db/events/read-frames.ts";
import { type LifeKinds, readLifeKinds } from "../../../src/db/events/read-life-kinds.ts";
import { readNewestTrades } from "../../../src/db/events/read-newest-trades.ts";
import { readNotes } from "../../../src/db/events/read-notes.ts";
import {
  countPositionStates,
  readPositionSteps,
} from "../../../src/db/events/read-position-steps.ts";
import { readPositions } from "../../../src/db/events/read-positions.ts";
import { findSymbolNames, readSymbolNames } from "../../../src/db/events/read-symbol-names.ts";
import { readTracedPoints } from "../../../src/db/events/read-traced-points.ts";
import { readLogLines } from "../../../src/db/logs/read-log-lines.ts";
import { readBestPrices } from "../../../src/db/orders/read-best-prices.ts";
import { readHeld } from "../../../src/db/orders/read-held.ts";
import { readOrders } from "../../../src/db/orders/read-orders.ts";
import { readStates } from "../../../src/db/orders/read-states.ts";
import { readTracedStates } from "../../../src/db/orders/read-traced-states.ts";
import { countSeries } from "../../../src/db/series/count-series.ts";
import { hasSeries } from "../../../src/db/series/has-series.ts";
import { readMetricNames } from "../../../src/db/series/read-metric-names.ts";
import { readSeries } from "../../../src/db/series/read-series.ts";
import { Collisions } from "../../../src/db/store/collisions.ts";
import { countSetAside } from "../../../src/db/store/count-set-aside.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { storeImportedBars } from "../../../src/db/store/store-imported-bars.ts";
import { setCompression } from "../../../src/db/upkeep/compression.ts";
import { writeReplacement } from "../../../src/db/upkeep/database-identity.ts";
import { ping } from "../../../src/db/upkeep/ping.ts";
import { readMemory } from "../../../src/db/upkeep/read-memory.ts";
import { readSizes } from "../../../src/db/upkeep/read-sizes.ts";
import { retainAlerts } from "../../../src/db/upkeep/retain-alerts.ts";
import { retainLogs } from "../../../src/db/upkeep/retain-logs.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import { rollupsOf } from "../../../src/db/upkeep/rollups/rollups-of.ts";
import { advanceWatermark, readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { Aggregate } from "../../../src/protocol/words/aggregate.ts";
import type { Interval } from "../../../src/protocol/words/interval.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

/**
 * What reaches the database by a call of src/db, which gets these rows, statement by statement; none
 * where they end.
 */
export interface StatementCase {
  /** As its golden file is called. */
  name: string;
  answers?: readonly (readonly Row[])[];
  run(db: Database): Promise<unknown>;
}

const SYMBOL = "BTC-USD" as SymbolName;
const DAY_US = 86_400_000_000;
const at = (us: number) => (Date.UTC(2026, 0, 5, 12) * 1_000 + us) as EpochUs;
const cursorAt = (us: number) => at(us) as number as Cursor;

const point: TapeEvent = { kind: "metric", ts: at(1), metric: "m", value: 1.5, labels: { a: "b" } };
const trade: TapeEvent = { kind: "trade", ts: at(2), price: 10, size: 0.5, side: "buy" };
const known: TapeEvent = { ...trade, ts: at(3), id: "t1", venue: "v" };
const position: TapeEvent = { kind: "position", ts: at(4), quantity: 2, account: "main" };
const book: TapeEvent = {
  ...{ kind: "book", ts: at(5), type: "snapshot", sampled: true },
  ...{ bids: [[9, 1]], asks: [[11, 2]] },
};
const order = {
  ...{ kind: "order", ts: at(6), id: "7", status: "sent", side: "buy" },
  ...{ quantity: 2, account: "main" },
} satisfies TapeEvent;
const note: TapeEvent = { kind: "note", ts: at(7), text: "restarted", level: "warn" };
const line: TapeEvent = {
  ...{ kind: "log", ts: at(8), level: "warn", event: "order sent", service: "gateway" },
  ...{ correlation_id: "c1", fields: { a: 1 }, cut: true },
};
const alert: TapeEvent = {
  ...{ kind: "alert", ts: at(9), rule: "cpu-high", from: "pending", state: "firing" },
  ...{ series: "cpu", value: 91, severity: "critical", message: "the processor is busy" },
};
const frames = [
  {
    cursor: cursorAt(9),
    events: [point, trade, known, position, book, order, note, line, alert],
  },
];

const newCache = () => new SeriesIdCache(100, () => "a-learner", new Collisions(0));

function knownIds(): SeriesIdCache {
  const cache = newCache();
  cache.ids.learnt("a-uuid", 1);
  cache.ids.setSymbol(SYMBOL, 3);
  cache.ids.setSeries(SYMBOL, 'm\u0000{"a":"b"}', 7);
  return cache;
}

const tailed: TailedSymbol = {
  symbol: SYMBOL,
  storedThrough: cursorAt(7),
  tail: [{ cursor: cursorAt(8), trade: known as TailedSymbol["tail"][number]["trade"] }],
};
const rangeOf = (interval: Interval, days: number, limit: number): BarsRange => ({
  ...{ interval, limit },
  ...{ fromUs: at(-days * DAY_US), toUs: at(DAY_US) },
});
const barsOf = (interval: Interval, days: number, limit: number) => (db: Database) =>
  readBars(db, { ...tailed, ...rangeOf(interval, days, limit) });

const seriesOf =
  (stepUs: number, ...aggregates: Aggregate[]) =>
  (db: Database) =>
    readSeries(db, {
      ...{ symbol: SYMBOL, metric: "m", labels: { a: "b" } },
      ...{ fromUs: at(-30 * DAY_US), toUs: at(0), stepUs, aggregates, limit: 1_000 },
      storedThrough: cursorAt(7),
      tail: [
        {
          cursor: cursorAt(8),
          point: { kind: "metric", ts: at(-3), metric: "m", value: 2, labels: { a: "b" } },
        },
      ],
    });

const exportOf = (kind: TapeEvent["kind"]) => async (db: Database) => {
  const range = { fromUs: at(-DAY_US), toUs: at(0), storedThrough: cursorAt(7) };
  const query = {
    symbol: SYMBOL,
    kind,
    ...range,
    tailCursor: cursorAt(9),
    tail: [],
    pageRows: 100,
  };
  for await (const _ of readExport(db, query));
};

const linesOf = (part: Partial<LogFilter>) => (db: Database) =>
  readLogLines(
    db,
    {
      ...{ symbols: null, service: null, correlationId: null, level: "trace", search: [] },
      ...{ fromUs: at(-3 * DAY_US), toUs: at(DAY_US), after: null, ...part },
    },
    101,
  );

const MINUTE_US = 60_000_000;
const rolled = [at(-DAY_US), at(0)] as const;

/** Of points, trades without an id and with one, positions, books, states and lives of orders, notes, and log lines. */
const stored: readonly Row[][] = Array(10).fill([{ set_aside: 0, identity: "a-uuid" }]);

export const STATEMENT_CASES: readonly StatementCase[] = [
  {
    name: "store-frames",
    answers: stored,
    run: (db) => storeFrames(db, [{ symbol: SYMBOL, frames }], knownIds()),
  },
  {
    name: "store-frames-carefully",
    answers: stored,
    run: (db) => {
      const ids = knownIds();
      ids.collisions.met();
      return storeFrames(db, [{ symbol: SYMBOL, frames }], ids);
    },
  },
  {
    name: "store-frames-of-new-series",
    answers: [
      [{ mark: 1 }],
      [],
      [],
      [{ id: 3, symbol: SYMBOL }],
      [{ id: 7, symbol: SYMBOL, metric: "m", labels_key: '{"a":"b"}' }],
      [{ identity: "a-uuid" }],
      ...stored,
    ],
    run: (db) => storeFrames(db, [{ symbol: SYMBOL, frames }], newCache()),
  },
  {
    name: "store-imported-bars",
    run: (db) => {
      const bar = { ts: at(0), open: 1, high: 2, low: 0.5, close: 1.5, volume: 3, trades: 4 };
      return storeImportedBars(db, [{ symbol: SYMBOL, interval: "1m", bar }]);
    },
  },
  {
    name: "count-set-aside",
    run: (db) =>
      countSetAside(
        db,
        [point, known].map((event) => ({ symbol: SYMBOL, event })),
      ),
  },

  { name: "bars-of-trades", run: barsOf("5s", 0, 1_000_000) },
  { name: "bars-of-trades-newest", run: barsOf("5s", 10, 100) },
  { name: "bars-1m", run: barsOf("1m", 1, 1_000_000) },
  { name: "bars-1m-newest", run: barsOf("1m", 100, 100) },
  { name: "bars-15m", run: barsOf("15m", 1, 1_000_000) },
  { name: "bars-1h", run: barsOf("1h", 1, 1_000_000) },
  { name: "bars-1h-newest", run: barsOf("1h", 100, 100) },
  { name: "bars-4h", run: barsOf("4h", 1, 1_000_000) },
  { name: "bars-1d", run: barsOf("1d", 1, 1_000_000) },
  { name: "bars-1d-newest", run: barsOf("1d", 1_000, 100) },
  { name: "closes-1d", run: (db) => readClosesOf(db, [tailed], rangeOf("1d", 1, 1_000)) },
  { name: "closes-of-trades", run: (db) => readClosesOf(db, [tailed], rangeOf("1s", 0, 10)) },
  ...(["1s", "1m"] as const).map((interval) => ({
    name: `gone-bars-${interval}`,
    run: (db: Database) =>
      readGoneBars(db, [{ symbol: SYMBOL, fromUs: at(-9) }], { interval, toUs: at(9) }),
  })),
  { name: "imported-prices", run: (db) => readImportedPrices(db, [SYMBOL]) },

  { name: "series-points", run: seriesOf(0) },
  {
    name: "series-of-points",
    run: seriesOf(
      1_000_000,
      "avg",
      "min",
      "max",
      "sum",
      "count",
      "first",
      "last",
      "p50",
      "p95",
      "p99",
    ),
  },
  { name: "series-rate", run: seriesOf(MINUTE_US, "rate") },
  { name: "series-of-minutes", run: seriesOf(5 * MINUTE_US, "avg", "first", "last") },
  { name: "series-of-minutes-percentiles", run: seriesOf(MINUTE_US, "p95", "p99") },
  { name: "series-of-both", run: seriesOf(150 * MINUTE_US, "avg", "max") },
  {
    name: "series-of-hours",
    run: seriesOf(120 * MINUTE_US, "avg", "min", "max", "sum", "count", "first", "last"),
  },
  { name: "series-of-hours-percentiles", run: seriesOf(60 * MINUTE_US, "avg", "p99") },
  {
    name: "metric-names",
    run: (db) =>
      readMetricNames(db, {
        symbol: SYMBOL,
        tail: [{ kind: "metric", ts: at(1), metric: "m", value: 1 }],
        after: { metric: "k", labelsKey: "{}" },
        limit: 100,
      }),
  },
  {
    name: "count-series",
    run: (db) => countSeries(db, { symbol: SYMBOL, metric: "m", labels: { a: "b" } }, 10),
  },
  { name: "has-series", run: (db) => hasSeries(db, SYMBOL, "m", { a: "b" }) },

  {
    name: "frames",
    run: (db) =>
      readFrames(db, {
        symbol: SYMBOL,
        after: cursorAt(0),
        upTo: cursorAt(400_000),
        maxEvents: 2_000,
      }),
  },
  {
    name: "frames-of-many",
    run: (db) => {
      const range = { after: cursorAt(0), upTo: cursorAt(400_000) };
      const other = { symbol: "ETH-USD" as SymbolName, after: cursorAt(3), upTo: cursorAt(9) };
      return readFramesOfMany(db, [{ symbol: SYMBOL, ...range }, other], 2_000);
    },
  },
  {
    name: "export-metrics",
    answers: [[{ id: 7, metric: "m", labels_key: "{}" }]],
    run: exportOf("metric"),
  },
  { name: "export-trades", run: exportOf("trade") },
  { name: "export-positions", run: exportOf("position") },
  { name: "export-books", run: exportOf("book") },
  { name: "export-orders", run: exportOf("order") },
  { name: "export-notes", run: exportOf("note") },
  { name: "export-alerts", run: exportOf("alert") },
  {
    name: "alert-changes",
    run: (db) =>
      readAlertChanges(db, {
        ...{ symbols: [SYMBOL], rule: "cpu-high", fromUs: at(-9), toUs: at(9), limit: 100 },
        after: [at(5), 7, 0],
      }),
  },
  {
    name: "newest-trades",
    answers: [[{ ts_us: at(1), cursor: 1, trade_id: "7", venue: "" }]],
    run: (db) =>
      readNewestTrades(db, {
        ...{ symbol: SYMBOL, storedThrough: cursorAt(7), limit: 1 },
        tail: [
          {
            cursor: cursorAt(8),
            event: { kind: "trade", ts: at(1), price: 1, size: 1, id: "8", venue: "X" },
          },
        ],
      }),
  },
  ...(["began", "lived"] as const).map((by) => ({
    name: by === "began" ? "orders" : "orders-lived",
    run: (db: Database) =>
      readOrders(db, {
        ...{ symbol: SYMBOL, tail: [{ firstUs: at(5), newest: order }], by, open: true },
        ...{ account: "main", id: "7", fromUs: at(-DAY_US), toUs: at(0), limit: 100 },
        after: { firstUs: at(-9), id: "6", venue: "", account: "main" },
      }),
  })),
  ...[
    { kind: "named", id: "7" } as const,
    ...(["began", "lived"] as const).map((kind) => ({ kind, fromUs: at(-9), toUs: at(9) })),
  ].map((asked) => ({
    name: `order-states-${asked.kind}`,
    run: (db: Database) =>
      readStates(db, { symbol: SYMBOL, asked, account: "main", tail: [order], limit: 100 }),
  })),
  {
    name: "best-prices",
    run: (db) =>
      readBestPrices(db, { symbol: SYMBOL, moments: [at(1)], storedThrough: cursorAt(7) }),
  },
  {
    name: "held",
    run: (db) =>
      readHeld(db, { symbol: SYMBOL, account: "main", fromUs: at(-9), toUs: at(9), limit: 100 }),
  },
  {
    name: "notes",
    run: (db) =>
      readNotes(db, {
        ...{ symbol: SYMBOL, fromUs: at(-9), toUs: at(9), after: { us: at(3), knownBy: "i1" } },
        ...{ storedThrough: cursorAt(7), tailCursor: cursorAt(9), limit: 100 },
      }),
  },
  {
    name: "book-at",
    run: (db) => readBookAt(db, { symbol: SYMBOL, atUs: at(0), storedThrough: cursorAt(7) }),
  },
  {
    name: "positions",
    run: (db) =>
      readPositions(db, {
        ...{ symbol: SYMBOL, storedThrough: cursorAt(7), tailCursor: cursorAt(9) },
        tail: [{ kind: "position", ts: at(4), quantity: 2, account: "main" }],
        ...{ after: "a", limit: 100 },
      }),
  },
  {
    name: "position-steps",
    run: (db) =>
      readPositionSteps(db, {
        symbols: [
          {
            ...{ symbol: SYMBOL, storedThrough: cursorAt(7), tailCursor: cursorAt(9) },
            tail: [{ kind: "position", ts: at(4), quantity: 2, account: "main" }],
          },
        ],
        ...{ account: "main", fromUs: at(-9), toUs: at(9), limit: 100 },
      }),
  },
  {
    name: "count-position-states",
    run: (db) =>
      countPositionStates(
        db,
        {
          symbols: [
            { symbol: SYMBOL, storedThrough: cursorAt(7), tailCursor: cursorAt(9), tail: [] },
          ],
          ...{ account: "main", fromUs: at(-9), toUs: at(9) },
        },
        100,
      ),
  },
  { name: "symbol-names", run: readSymbolNames },
  { name: "symbol-names-of", run: (db) => findSymbolNames(db, [SYMBOL]) },
  { name: "newest-cursor", run: (db) => readNewestCursor(db, SYMBOL, cursorAt(0)) },
  {
    name: "earlier-life",
    answers: [
      [{ symbol: SYMBOL, points: true, positions: true, orders: true, books: true, alerts: true }],
      [],
      [],
      [],
      [],
      [],
      [{ ts_us: at(0), price: 1, size: 1, side: 1, venue: "", trade_id: "" }],
    ],
    run: (db) =>
      readEarlierLife(
        db,
        SYMBOL,
        cursorAt(7),
        { series: 10, accounts: 11, orders: 14, trades: 1, minutes: 13 },
        {
          kinds: (symbol) => readLifeKinds(db, [symbol]).then(([kinds]) => kinds as LifeKinds),
          hours: async (asked) => (await readHoursBefore(db, [asked]))[0] ?? [],
        },
      ),
  },

  {
    name: "log-lines",
    run: linesOf({ after: { ts: at(1), cursor: cursorAt(2), ordinal: 3, symbol: SYMBOL } }),
  },
  { name: "log-lines-of-id", run: linesOf({ correlationId: "c1", level: "warn" }) },
  {
    name: "log-lines-by-words",
    answers: [
      [{ end_us: String(at(-7_200_000_000)), end_cursor: "5", end_ordinal: 0, line: null }],
      [],
      [],
      [],
    ],
    run: linesOf({
      ...{ service: "it's", level: "error", search: readSearch("order fil*") },
      symbols: { stored: [SYMBOL, "_system" as SymbolName], has: () => true },
    }),
  },
  { name: "retain-alerts", run: (db) => retainAlerts(db, at(0), 365) },
  {
    name: "retain-logs",
    answers: [[], [], [{ child: "log_lines_20251227" }]],
    run: (db) => retainLogs(db, at(0), 7),
  },
  {
    name: "traced-states",
    run: (db) => {
      const symbols = { stored: [SYMBOL], has: () => true };
      return readTracedStates(db, { id: "c1", symbols, toUs: at(0), most: 11 });
    },
  },
  {
    name: "traced-points",
    run: (db) => {
      const symbols = { stored: [SYMBOL], has: () => true };
      return readTracedPoints(db, { id: "c1", symbols, toUs: at(0), most: 11 });
    },
  },
  {
    name: "retention",
    answers: [
      ...[[], [{ is_done: true }], [], []],
      [{ raw_from_us: String(at(-9)), new_from_us: String(at(-3)) }],
      ...[[{ last_id: null }], [{ last_id: null }]],
      ...[[], [], [], [{ is_done: true }]],
    ],
    run: (db) => retain(db, at(0), { rawDays: 30, minutesDays: 365 }),
  },
  { name: "compression", run: (db) => setCompression(db, 7) },
  { name: "ping", answers: [[{ has_migrations: true }]], run: (db) => ping(db) },
  { name: "memory", run: (db) => readMemory(db) },
  ...(["plain", "apache", "timescale"] as const).map((mode) => ({
    name: `sizes-${mode}`,
    run: (db: Database) => readSizes(db, mode),
  })),
  { name: "tape-state", run: (db) => readTapeState(db) },
  { name: "advance-watermark", run: (db) => advanceWatermark(db, at(0), 60_000_000) },
  { name: "identity", run: readIdentity },
  {
    name: "replacement",
    run: (db) => writeReplacement(db, "a-uuid", { sinceUs: at(0), rooms: 2, lostTo: cursorAt(0) }),
  },
  ...(["plain", "timescale"] as const).flatMap((mode) => [
    {
      name: `roll-forward-${mode}`,
      answers: [[], [{ made: 1 }]],
      run: async (db: Database) => {
        const rollups = rollupsOf(mode, db);
        await rollups.rollMinutes(...rolled);
        await rollups.rollHour(at(0), 64);
        await rollups.rollDay(at(0), 64);
        await rollups.moveOn(...rolled);
      },
    },
    ...(["points", "trades"] as const).map((kind) => ({
      name: `refresh-${kind}-${mode}`,
      answers: [[{ hour_us: at(-DAY_US), rolled_through_us: at(0) }]],
      run: (db: Database) =>
        rollupsOf(mode, db)[kind === "points" ? "refreshPoints" : "refreshTrades"](16),
    })),
    ...(["points", "trades"] as const).map((kind) => ({
      name: `refresh-past-${kind}-${mode}`,
      run: (db: Database) =>
        rollupsOf(mode, db)[kind === "points" ? "refreshPoints" : "refreshTrades"](16),
    })),
    {
      name: `refresh-imported-${mode}`,
      run: (db: Database) => rollupsOf(mode, db).refreshImported(16),
    },
  ]),
  { name: "first-event", run: (db) => rollupsOf("plain", db).firstEvent(...rolled) },
  {
    name: "pack",
    answers: [[], [{ packed: 1, through_us: at(1), packed_through_us: at(0) }]],
    run: (db) => rollupsOf("plain", db).pack(8),
  },
];
