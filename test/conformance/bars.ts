import { historyAnswerSchema, seriesAnswerSchema } from "../../src/protocol/answers/answers.ts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { minuteUs, numbers, push, pushBars, read } from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

const STORED = { query: "?wait=stored" };
const [SECOND_US, MINUTE_US, HOUR_US, DAY_US] = [1e6, 60e6, 3_600e6, 86_400e6];
/** 2020-01-01, a moment that begins a bucket of every interval. */
const DAY = 1_577_836_800_000_000;
/** Bars that are read from Postgres follow within 5 s (SPEC B-5); and what a slow machine takes. In ms. */
const READ_MS = 12_000;
/** A bar is closed by the clock within 20 s of its last trade (SPEC B-6); and what a slow machine takes. In ms. */
const CLOCK_MS = 27_000;

export const bars: readonly Check[] = [
  { rule: "B-1", run: buckets },
  { rule: "B-2", run: openAndClose },
  { rule: "B-3", run: closedAndCorrected },
  { rule: "B-4", run: finestCounts },
  { rule: "B-5", takesS: 5, run: olderBars },
  { rule: "B-6", takesS: 20, run: closedByTheClock },
  { rule: "B-7", run: barsWithOffsets },
  { rule: "B-8", run: unknownTrades },
  { rule: "B-9", run: decimals },
  { rule: "INV-7", run: lateEvents },
];

async function historyOf(server: Server, symbol: string, interval: string, range = "") {
  const path = `/api/history/${symbol}?interval=${interval}${range}`;
  return (await read(server, historyAnswerSchema, path)).bars;
}

const ohlc = (bar: Omit<Bar, "ts">) => [bar.open, bar.high, bar.low, bar.close];

async function buckets(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = DAY + 4 * HOUR_US + 7 * MINUTE_US + 31 * SECOND_US;
  const trades = [0, 29 * SECOND_US - 1, 29 * SECOND_US].map((later) => ({
    ...{ symbol, price: 1, size: 1 },
    ts: ts + later,
  }));
  await push(server, "trades", trades, STORED);
  const range = `&from=${DAY}&to=${DAY + DAY_US}`;
  const [hour4, hour] = [4 * HOUR_US, 4 * HOUR_US];
  const minute = hour + 7 * MINUTE_US;
  const expected: [string, [number, number][]][] = [
    [
      "1s",
      [
        [minute + 31 * SECOND_US, 1],
        [minute + 59 * SECOND_US, 1],
        [minute + MINUTE_US, 1],
      ],
    ],
    [
      "15s",
      [
        [minute + 30 * SECOND_US, 1],
        [minute + 45 * SECOND_US, 1],
        [minute + MINUTE_US, 1],
      ],
    ],
    [
      "1m",
      [
        [minute, 2],
        [minute + MINUTE_US, 1],
      ],
    ],
    ["5m", [[hour + 5 * MINUTE_US, 3]]],
    ["15m", [[hour, 3]]],
    ["1h", [[hour, 3]]],
    ["4h", [[hour4, 3]]],
    ["1d", [[0, 3]]],
  ];
  for (const [interval, wanted] of expected) {
    const got = await historyOf(server, symbol, interval, range);
    equals(
      `bars of ${interval}:`,
      got.map((bar) => [bar.ts - DAY, bar.trades]),
      wanted,
    );
  }
}

async function openAndClose(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 3);
  const trade = (price: number, later: number) => ({ symbol, price, size: 1, ts: ts + later });
  await push(server, "trades", [trade(5, 20), trade(9, 30), trade(2, 10)]);
  await push(server, "trades", [trade(3, 10), trade(4, 30), trade(1, 25)], STORED);
  const [bar] = await historyOf(server, symbol, "1m");
  equals("open, high, low, close", bar && ohlc(bar), [2, 9, 1, 4]);
}

async function closedAndCorrected(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 9);
  const trade = (price: number, later: number) =>
    push(server, "trades", { symbol, price, size: 1, ts: ts + later });
  await trade(1, 0);
  const viewer = await Viewer.live(server, symbol);
  await trade(2, 1);
  await trade(3, MINUTE_US);
  const closed = await viewer.find("bar", () => true);
  equals(
    "closed by a trade of the next minute:",
    [closed.ts, closed.interval, closed.revision],
    [ts, "1m", 0],
  );
  equals("with all its trades", [...ohlc(closed), closed.trades], [1, 2, 1, 2, 2]);
  await trade(7, 2);
  await viewer.find("events", ({ events }) =>
    events.some((each) => each.kind === "trade" && each.price === 7),
  );
  const corrected = await viewer.find("bar", () => true);
  equals("corrected behind the event:", [corrected.ts, ...ohlc(corrected)], [ts, 1, 7, 1, 7]);
  holds("a revision of 1 and up", corrected.revision >= 1, corrected.revision);
  const again = await Viewer.join(server, symbol, 0);
  const types = (await again.until("caught_up")).map(({ type }) => type);
  holds("no bar in a replay", !types.includes("bar"), types);
}

async function closedByTheClock(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 3);
  await push(server, "trades", { symbol, price: 1, size: 1, ts });
  const viewer = await Viewer.live(server, symbol);
  const bar = await viewer.find("bar", () => true, CLOCK_MS);
  equals("closed by the clock:", [bar.ts, bar.trades, bar.revision], [ts, 1, 0]);
  await push(server, "trades", { symbol, price: 2, size: 1, ts: ts + 1 });
  const corrected = await viewer.find("bar", () => true);
  holds("told once, and corrected then", corrected.revision >= 1, corrected);
}

async function olderBars(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 40);
  const trades = numbers(0, 20).map((minute) => ({
    ...{ symbol, price: minute + 1, size: 1 },
    ts: ts + minute * MINUTE_US,
  }));
  await push(server, "trades", trades, STORED);
  const viewer = await Viewer.live(server, symbol, "now");
  await push(server, "trades", { symbol, price: 50, size: 1, ts: ts + 1 });
  const bar = await viewer.find("bar", (each) => each.ts === ts, READ_MS);
  equals("an older bar corrected:", [...ohlc(bar), bar.trades], [1, 50, 1, 50, 2]);
  holds("a revision that is a cursor", bar.revision > DAY, bar.revision);
}

async function finestCounts(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const flat = (interval: string, ts: number, price: number) => ({
    ...{ symbol, interval, ts, volume: 1 },
    ...{ open: price, high: price, low: price, close: price },
  });
  await pushBars(server, [
    flat("1d", DAY, 9),
    flat("1h", DAY, 8),
    flat("1m", DAY, 7),
    flat("1h", DAY + HOUR_US, 6),
    flat("1d", DAY + DAY_US, 5),
  ]);
  const range = `&from=${DAY}&to=${DAY + 2 * DAY_US}`;
  const closesOf = async (interval: string) =>
    (await historyOf(server, symbol, interval, range)).map(({ ts, close }) => [ts - DAY, close]);
  equals("minutes", await closesOf("1m"), [[0, 7]]);
  equals("5 m of minutes", await closesOf("5m"), [[0, 7]]);
  equals("an hour of its minutes, or posted", await closesOf("1h"), [
    [0, 7],
    [HOUR_US, 6],
  ]);
  equals("a day of its hours, or posted", await closesOf("1d"), [
    [0, 6],
    [DAY_US, 5],
  ]);
  equals("seconds of trades alone", await closesOf("1s"), []);
  await push(server, "trades", { symbol, price: 3, size: 1, ts: DAY + 5 }, STORED);
  equals("a trade takes a posted minute's place", await closesOf("1m"), [[0, 3]]);
}

async function barsWithOffsets(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const bar = (ts: number, close: number, more = {}) => ({
    ...{ symbol, interval: "1h", ts, close, open: close, high: close, low: close, volume: 1 },
    ...more,
  });
  const half = HOUR_US / 2;
  await pushBars(server, [
    bar(DAY + half, 1, { offset: "30m" }),
    bar(DAY + 5 * HOUR_US + half, 2, { offset: "30m" }),
    bar(DAY + 6 * HOUR_US, 3),
  ]);
  const range = `&from=${DAY}&to=${DAY + DAY_US}`;
  const hours = await historyOf(server, symbol, "1h", range);
  const closes = hours.map(({ ts, close }) => [ts - DAY, close]);
  equals("at its own ts, where no other bar is:", closes, [
    [half, 1],
    [6 * HOUR_US, 3],
  ]);
  const days = await historyOf(server, symbol, "1d", range);
  equals(
    "part of no longer bar:",
    days.map(({ close, volume }) => [close, volume]),
    [[3, 1]],
  );
}

async function unknownTrades(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const bar = { symbol, interval: "1m", open: 1, high: 1, low: 1, close: 1, volume: 1 };
  await pushBars(server, [
    { ...bar, ts: DAY, trades: 4 },
    { ...bar, ts: DAY + MINUTE_US },
    { ...bar, ts: DAY + HOUR_US, trades: 5 },
  ]);
  const range = `&from=${DAY}&to=${DAY + DAY_US}`;
  const counts = async (interval: string) =>
    (await historyOf(server, symbol, interval, range)).map(({ trades }) => trades ?? null);
  equals("where it is known", await counts("1m"), [4, null, 5]);
  equals("hours", await counts("1h"), [null, 5]);
}

async function decimals(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 3);
  const sizes = [0.1, 0.2, 2.145];
  const trades = sizes.map((size) => ({ symbol, price: 1, size, ts }));
  await push(server, "trades", trades, STORED);
  const values = sizes.map((value, at) => ({ symbol, metric: "m", value, ts: DAY + at }));
  await push(server, "metrics", values, STORED);
  const [bar] = await historyOf(server, symbol, "1m");
  equals("the volume", bar?.volume, 2.445);
  const path = `/api/series?metric=m&symbol=${symbol}&agg=sum&step=60&from=${DAY}&to=${DAY + MINUTE_US}`;
  const { series } = await read(server, seriesAnswerSchema, path);
  equals("the sum", series[0]?.sum, [2.445]);
}

async function lateEvents(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const trade = (price: number, ts: number) => ({ symbol, price, size: 1, ts });
  const point = (value: number, ts: number) => ({ symbol, metric: "m", value, ts });
  const seen = async () => {
    const range = `from=${DAY}&to=${DAY + HOUR_US}`;
    const [bar] = await historyOf(server, symbol, "1h", `&${range}`);
    const path = `/api/series?metric=m&symbol=${symbol}&agg=count,max&step=60&${range}`;
    const { series } = await read(server, seriesAnswerSchema, path);
    return [bar?.high, bar?.trades, series[0]?.count, series[0]?.max];
  };
  await push(server, "trades", trade(1, DAY + 5), STORED);
  await push(server, "metrics", point(1, DAY + 5), STORED);
  equals("before", await seen(), [1, 1, [1], [1]]);
  await push(server, "trades", trade(9, DAY + 2), STORED);
  await push(server, "metrics", point(9, DAY + 2), STORED);
  equals("with a late trade and point", await seen(), [9, 2, [2], [9]]);
}
