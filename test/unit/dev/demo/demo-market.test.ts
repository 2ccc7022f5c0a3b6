import { describe, expect, it } from "vitest";
import { backfill } from "../../../../dev/demo/backfill.ts";
import { runLive } from "../../../../dev/demo/live.ts";
import { arrivals } from "../../../../dev/demo/market/arrivals.ts";
import { BOOK_STEP_US, BookMaker, type MadeBook } from "../../../../dev/demo/market/books.ts";
import { DeskBook } from "../../../../dev/demo/market/desk-book.ts";
import { INSTRUMENTS, type Instrument } from "../../../../dev/demo/market/instruments.ts";
import { Market } from "../../../../dev/demo/market/market.ts";
import { pointsAt, stepSeconds } from "../../../../dev/demo/market/metrics.ts";
import { PricePath } from "../../../../dev/demo/market/price-path.ts";
import { gaussian, pareto, randomOf } from "../../../../dev/demo/market/random.ts";
import type { MadeTrade } from "../../../../dev/demo/market/trades.ts";
import { type Book, changeBook } from "../../../../src/core/books/book.ts";
import { bookPushSchema, isCrossed } from "../../../../src/protocol/events/book.ts";
import { metricPushSchema, tradePushSchema } from "../../../../src/protocol/events/event.ts";

const KEY = { seed: "1", tradesPerSecond: 46 };
/** For hours on end, of which each trade takes its time to make. */
const CALM = { ...KEY, tradesPerSecond: 8 };
const NOON_US = Date.UTC(2026, 10, 23, 12) * 1_000;
const HOUR = NOON_US / 3_600e6;
const BITCOIN = INSTRUMENTS[0] as Instrument;

function take<T>(items: Iterable<T>, isWanted: (item: T) => boolean): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (!isWanted(item)) break;
    taken.push(item);
  }
  return taken;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Correlation of a series with itself one step later. */
function autocorrelation(values: readonly number[]): number {
  const middle = mean(values);
  const pairs = values.slice(1).map((value, i) => (value - middle) * ((values[i] ?? 0) - middle));
  return mean(pairs) / mean(values.map((value) => (value - middle) ** 2));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [middleA, middleB] = [mean(a), mean(b)];
  const together = mean(a.map((value, i) => (value - middleA) * ((b[i] ?? 0) - middleB)));
  const spread = (of: readonly number[], middle: number) =>
    Math.sqrt(mean(of.map((value) => (value - middle) ** 2)));
  return together / (spread(a, middleA) * spread(b, middleB));
}

describe("randomness by key", () => {
  it("is the same for the same key and another for another", () => {
    const first = () => Array.from({ length: 5 }, randomOf("a"));
    expect(first()).toEqual(first());
    expect(first()).not.toEqual(Array.from({ length: 5 }, randomOf("b")));
  });

  it("has the shapes it claims", () => {
    const random = randomOf("shapes");
    const normal = Array.from({ length: 20_000 }, () => gaussian(random));
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
    const sizes = Array.from({ length: 20_000 }, () => pareto(random, 3));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
    expect(mean(sizes)).toBeCloseTo(1.5, 1);
  });
});

describe("arrivals", () => {
  const times = [...arrivals(randomOf("arrivals"), 20, 3_600)];

  it("come in order, at the rate that was asked for", () => {
    expect(times.length / 3_600).toBeGreaterThan(18);
    expect(times.length / 3_600).toBeLessThan(22);
    expect(times.every((at, i) => i === 0 || at > (times[i - 1] ?? 0))).toBe(true);
  });

  it("come in bursts: the counts of seconds spread far wider than a steady stream's", () => {
    const counts = new Array<number>(3_600).fill(0);
    for (const at of times) counts[Math.floor(at)] = (counts[Math.floor(at)] ?? 0) + 1;
    const middle = mean(counts);
    const variance = mean(counts.map((count) => (count - middle) ** 2));
    // A Poisson process has a ratio of 1.
    expect(variance / middle).toBeGreaterThan(2);
  });
});

describe("prices", () => {
  const path = new PricePath(BITCOIN, "1");

  it("join from hour to hour", () => {
    expect(path.hour(HOUR)[3_600]).toBeCloseTo(path.hour(HOUR + 1)[0] ?? 0, 12);
  });

  it("move in clusters: the size of a move tells of the next, its direction does not", () => {
    const prices = [0, 1, 2, 3, 4, 5].flatMap((hour) => [...path.hour(HOUR + hour).slice(1)]);
    const moves = prices.slice(1).map((price, i) => price - (prices[i] ?? 0));
    expect(Math.abs(autocorrelation(moves))).toBeLessThan(0.08);
    expect(autocorrelation(moves.map((move) => move ** 2))).toBeGreaterThan(0.08);
  });

  it("move together where their groups say so", () => {
    const moves = (symbol: string) => {
      const found = INSTRUMENTS.find((each) => each.symbol === symbol) as Instrument;
      const prices = [0, 1, 2].flatMap((hour) => [...new PricePath(found, "1").hour(HOUR + hour)]);
      return prices.slice(1).map((price, i) => price - (prices[i] ?? 0));
    };
    expect(correlation(moves("BTC-USD"), moves("ETH-USD"))).toBeGreaterThan(0.6);
    expect(correlation(moves("AAPL"), moves("ES-Z6"))).toBeGreaterThan(0.5);
    expect(correlation(moves("BTC-USD"), moves("EUR/USD"))).toBeLessThan(0);
  });

  it.each(INSTRUMENTS)("$symbol stays near what it is worth over a year", (instrument) => {
    const year = new PricePath(instrument, "1");
    for (let day = 0; day < 365; day += 14) {
      const price = Math.exp(year.hour(HOUR + day * 24)[0] ?? 0);
      expect(price).toBeGreaterThan(instrument.price / 3);
      expect(price).toBeLessThan(instrument.price * 3);
    }
  });
});

describe("the made market", () => {
  it("is the same however often it is asked, from whatever moment", () => {
    const until = (trade: MadeTrade) => trade.ts < NOON_US + 120e6;
    const whole = take(new Market(KEY).trades(NOON_US), until);
    const later = take(new Market(KEY).trades(NOON_US + 60e6), until);
    expect(whole.length).toBeGreaterThan(1_000);
    expect(later).toEqual(whole.filter((trade) => trade.ts >= NOON_US + 60e6));
    const other = take(new Market({ ...KEY, seed: "2" }).trades(NOON_US), until);
    expect(other).not.toEqual(whole);
  });

  it("goes on without a break from one hour to the next", () => {
    const fromUs = NOON_US + 3_595e6;
    const trades = take(new Market(CALM).trades(fromUs), (trade) => trade.ts < fromUs + 10e6);
    expect(trades.every((trade, i) => i === 0 || trade.ts >= (trades[i - 1]?.ts ?? 0))).toBe(true);
    expect(trades.some((trade) => trade.ts < NOON_US + 3_600e6)).toBe(true);
    expect(trades.some((trade) => trade.ts >= NOON_US + 3_600e6)).toBe(true);
  });

  it("makes trades and points that the protocol takes, every symbol, every price on its tick", () => {
    const market = new Market(KEY);
    const trades = take(market.trades(NOON_US), (trade) => trade.ts < NOON_US + 300e6);
    for (const trade of trades) tradePushSchema.parse(trade);
    for (const point of pointsAt(new DeskBook(market), NOON_US)) metricPushSchema.parse(point);
    expect(new Set(trades.map(({ symbol }) => symbol)).size).toBe(8);
    expect(new Set(trades.map(({ symbol, id }) => `${symbol} ${id}`)).size).toBe(trades.length);
    const besideTick = trades.filter(({ symbol, price }) => {
      const tick = INSTRUMENTS.find((instrument) => instrument.symbol === symbol)?.tick ?? 0;
      return !(Math.abs(price / tick - Math.round(price / tick)) < 1e-6);
    });
    expect(besideTick).toEqual([]);
  });

  it("has sizes with a heavy tail", () => {
    const sizes = [...new Market(CALM).hour(BITCOIN, HOUR)]
      .map(({ size }) => size)
      .sort((a, b) => a - b);
    const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
    expect(sizes.at(-1)).toBeGreaterThan(50 * median);
  });

  it("measures three metrics of each instrument and of the desk, the same at the same moment", () => {
    const points = pointsAt(new DeskBook(new Market(KEY)), NOON_US);
    expect(points).toEqual(pointsAt(new DeskBook(new Market(KEY)), NOON_US));
    expect(points).toHaveLength(27);
    const desk = points.filter(({ symbol }) => symbol === "_system");
    expect(desk.map(({ metric }) => metric)).toEqual([
      "order_latency_ms",
      "orders_per_second",
      "portfolio_value",
    ]);
    const values = points.filter((point) => point.metric === "portfolio_value").map((p) => p.value);
    expect(values.at(-1)).toBeCloseTo(
      values.slice(0, -1).reduce((sum, each) => sum + each, 0),
      1,
    );
  });

  it.each([1, 10, 60, 500, 10_000])(
    "at %d events a second leaves two thirds to the trades",
    (rate) => {
      const perSecond = 27 / stepSeconds(rate);
      expect(perSecond <= rate / 3 || stepSeconds(rate) === 60).toBe(true);
      expect(60 % stepSeconds(rate)).toBe(0);
    },
  );
});

describe("backfill and live", () => {
  type Pushed = { path: string; events: MadeTrade[] };

  function recorder() {
    const pushed: Pushed[] = [];
    const push = async (path: string, events: readonly object[]) => {
      pushed.push({ path, events: events as MadeTrade[] });
    };
    const trades = () =>
      pushed.filter(({ path }) => path === "/api/trades").flatMap(({ events }) => events);
    return { push, onPushed: () => {}, pushed, trades };
  }

  const keyOf = (trade: MadeTrade) => `${trade.symbol} ${trade.venue} ${trade.id} ${trade.ts}`;

  it("INV-6 a second backfill has the same trades, so a restart doubles nothing", async () => {
    const [first, second] = [recorder(), recorder()];
    await backfill(first, new Market(CALM), NOON_US - 600e6, NOON_US);
    await backfill(second, new Market(CALM), NOON_US - 500e6, NOON_US + 100e6);
    const again = second.trades().filter((trade) => trade.ts < NOON_US);
    const known = new Map(first.trades().map((trade) => [keyOf(trade), trade]));
    expect(again.length).toBeGreaterThan(300);
    expect(again.map((trade) => known.get(keyOf(trade)))).toEqual(again);
  });

  it("backfill takes some of the live trades, under the ids they have live", async () => {
    const past = recorder();
    await backfill(past, new Market(KEY), NOON_US, NOON_US + 60e6);
    const live = take(new Market(KEY).trades(NOON_US), (trade) => trade.ts < NOON_US + 60e6);
    const liveSizes = new Map(live.map((trade) => [keyOf(trade), trade.size]));
    expect(past.trades().length).toBeGreaterThan(100);
    expect(past.trades().length).toBeLessThan(live.length / 4);
    // Each stands for the nine it was taken from, so that a bar has about the volume of the whole.
    for (const trade of past.trades()) {
      expect(trade.size).toBeCloseTo(9 * (liveSizes.get(keyOf(trade)) ?? Number.NaN), 3);
    }
  });

  it("backfill leaves each instrument's trades in order, in batches of bounded size", async () => {
    const past = recorder();
    await backfill(past, new Market(CALM), NOON_US - 3_600e6, NOON_US + 300e6);
    for (const { events } of past.pushed) expect(events.length).toBeLessThanOrEqual(1_000);
    for (const { symbol } of INSTRUMENTS) {
      const times = past
        .trades()
        .filter((trade) => trade.symbol === symbol)
        .map(({ ts }) => ts);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it("live pushes every trade once when it is due, however irregular the clock", async () => {
    const live = recorder();
    let nowUs = NOON_US;
    const steps = [75, 80, 20_000, 1, 300, 75].values();
    const ended = new Error("ended");
    const sleep = async () => {
      const step = steps.next().value;
      if (step === undefined) throw ended;
      nowUs += step * 1_000;
    };
    const market = new Market(KEY);
    const run = runLive({ ...live, nowUs: () => nowUs, sleep }, market, NOON_US, 2e6);
    await expect(run).rejects.toBe(ended);
    const due = take(new Market(KEY).trades(NOON_US), (trade) => trade.ts <= nowUs);
    expect(live.trades()).toEqual(due);
    const points = live.pushed.filter(({ path }) => path === "/api/metrics");
    expect(points.flatMap(({ events }) => events)).toHaveLength(27 * 11);
    const books = live.pushed.filter(({ path }) => path === "/api/books");
    // Whole ones at first; of what was missed while the machine slept only the newest.
    const types = books.map(({ events }) => (events as unknown as MadeBook[])[0]?.type);
    expect(types).toEqual(["snapshot", "diff", "diff", "diff"]);
  });
});

describe("the made books", () => {
  it("are books that the protocol takes, and their changes lead from one to the next", () => {
    const [maker, stepUs] = [new BookMaker(new Market(KEY)), BOOK_STEP_US];
    const books = new Map<string, Book | null>();
    for (let step = 0; step < 40; step += 1) {
      for (const made of maker.step(NOON_US + 500_000 + step * stepUs)) {
        bookPushSchema.parse(made);
        expect(made.type).toBe(step === 0 ? "snapshot" : "diff");
        books.set(made.symbol, changeBook(books.get(made.symbol) ?? null, made));
      }
    }
    const later = new BookMaker(new Market(KEY)).step(NOON_US + 500_000 + 39 * stepUs);
    expect(later).toHaveLength(8);
    for (const made of later) {
      expect(isCrossed(made.bids, made.asks)).toBe(false);
      expect(books.get(made.symbol)).toEqual({ bids: made.bids, asks: made.asks });
    }
  });
});
