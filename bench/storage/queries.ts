import { rfc3339Of } from "../../src/core/time/civil-time.ts";
import { chooseStepUs } from "../../src/core/time/duration.ts";
import type { SqlValue } from "../../src/db/driver/database.ts";
import { YEAR_METRIC, YEAR_SYMBOL } from "./fill.ts";
import {
  BARS_OF_TRADES,
  CORRELATION_OF_TRADES,
  P50_OF_POINTS,
  SERIES_OF_MINUTES,
  SERIES_OF_POINTS,
  VALUE_ON_TRADES,
  VALUE_ON_VIEWS,
} from "./hand-sql.ts";
import { OurQueries } from "./our-queries.ts";
import type { StorageDatabase } from "./storage-database.ts";
import { DAY_US, MINUTE_US, PROBE, SYMBOLS } from "./tape.ts";

/** A query in our way and, where somebody would write it, by hand. Each tells how much it found. */
export type Query = {
  what: string;
  /** What the issue allows its p95, in ms. */
  atMostMs?: number;
  ours(): Promise<number>;
  byHand?: () => Promise<number>;
};

const POINTS = 1_000;

export async function queriesOf(
  { db, mode }: StorageDatabase,
  endUs: number,
): Promise<readonly Query[]> {
  const ours = new OurQueries(db, endUs);
  const names = await db.query(
    `select y.symbol, s.metric, y.id as symbol_id, s.id as series_id from symbols y
     left join series s on s.symbol_id = y.id`,
    [],
  );
  const idOf = (symbol: string) => Number(names.find((n) => n["symbol"] === symbol)?.["symbol_id"]);
  const seriesId = (symbol: string, metric: string) =>
    Number(names.find((n) => n["symbol"] === symbol && n["metric"] === metric)?.["series_id"]);
  const probe = seriesId(PROBE.symbol, PROBE.metric);
  const rows = async (text: string, ...params: SqlValue[]) => (await db.query(text, params)).length;
  const since = (days: number) => rfc3339Of(endUs - days * DAY_US);
  const end = rfc3339Of(endUs);
  const chosen = (days: number) => chooseStepUs(days * DAY_US, POINTS);
  const byHand = (text: string, days: number, stepUs: number) => () =>
    rows(text, probe, since(days), end, stepUs);
  const symbolNames = `{${SYMBOLS.join(",")}}`;
  const symbolIds = `{${SYMBOLS.map(idOf).join(",")}}`;
  const year = { symbol: YEAR_SYMBOL, metric: YEAR_METRIC };
  const valueByHand = (text: string) => () => rows(text, symbolNames, since(1), end);

  const queries: Query[] = [
    {
      what: "series: a day at 1 s, the step chosen (2m, of minutes)",
      atMostMs: 25,
      ours: () => ours.series(PROBE, 1, chosen(1)),
      byHand: byHand(SERIES_OF_POINTS, 1, chosen(1)),
    },
    {
      what: "series: the same at step=90s (86,400 points to 960 buckets)",
      atMostMs: 25,
      ours: () => ours.series(PROBE, 1, 1.5 * MINUTE_US),
      byHand: byHand(SERIES_OF_POINTS, 1, 1.5 * MINUTE_US),
    },
    {
      what: "series: the same with p50, the step chosen (of points)",
      ours: () => ours.series(PROBE, 1, chosen(1), ["p50"]),
      byHand: byHand(P50_OF_POINTS, 1, chosen(1)),
    },
    {
      what: "series: 30 days, the step chosen (1h, of hours)",
      atMostMs: 40,
      ours: () => ours.series(PROBE, 30, chosen(30)),
      byHand: byHand(SERIES_OF_POINTS, 30, chosen(30)),
    },
    {
      what: "series: 30 days at step=50m (of minutes)",
      atMostMs: 40,
      ours: () => ours.series(PROBE, 30, 50 * MINUTE_US),
      byHand: byHand(SERIES_OF_POINTS, 30, 50 * MINUTE_US),
    },
    {
      what: "history: 10,000 bars of 1m",
      atMostMs: 30,
      ours: () => ours.bars(PROBE.symbol, "1m", 10_000, 30),
      byHand: () =>
        rows(BARS_OF_TRADES, idOf(PROBE.symbol), rfc3339Of(endUs - 10_000 * MINUTE_US), end),
    },
    {
      what: "correlation: 20 symbols, 30 days of 1h",
      atMostMs: 100,
      ours: () => ours.correlation(),
      byHand: () => rows(CORRELATION_OF_TRADES, symbolIds, since(30), end),
    },
    {
      what: "position value by the minute: a day, 20 symbols, closes and position steps",
      atMostMs: 67,
      ours: () => ours.positionValue(),
      byHand: valueByHand(VALUE_ON_TRADES),
    },
    {
      what: "position value by the minute: SQL on the views",
      atMostMs: 67,
      ours: valueByHand(VALUE_ON_VIEWS),
      byHand: valueByHand(VALUE_ON_TRADES),
    },
  ];
  if (mode !== "timescale") {
    const minutesByHand = (stepUs: number) => () =>
      rows(SERIES_OF_MINUTES, seriesId(year.symbol, year.metric), since(365), end, stepUs);
    queries.push(
      {
        what: "series: a year, the step chosen (12h, of hours)",
        atMostMs: 60,
        ours: () => ours.series(year, 365, chosen(365)),
        byHand: minutesByHand(chosen(365)),
      },
      {
        what: "series: a year at step=525m (525,600 minutes)",
        atMostMs: 60,
        ours: () => ours.series(year, 365, 525 * MINUTE_US),
        byHand: minutesByHand(525 * MINUTE_US),
      },
    );
  }
  return queries;
}
