import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { Gap } from "../../../src/protocol/socket/server-message.ts";
import { INTERVAL_SECONDS } from "../../../src/protocol/words/interval.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { suggestInterval } from "../../../web/data/bars/suggest-interval.ts";
import type { Api } from "../../../web/feed/api.ts";
import { openBarFeed } from "../../../web/feed/bars/bar-feed.ts";
import { fakeClock, settle } from "../client/fake-clock.ts";

const START_US = 1_700_000_000_000_000;

/** What every bar must be: all trades in order of their time, and of arrival where times are equal. */
function barsOf(trades: readonly TradeEvent[], interval: Interval): Bar[] {
  const lengthUs = INTERVAL_SECONDS[interval] * 1e6;
  const bars = new Map<number, Bar>();
  for (const trade of trades.toSorted((a, b) => a.ts - b.ts)) {
    const ts = (Math.floor(trade.ts / lengthUs) * lengthUs) as EpochUs;
    const { price, size } = trade;
    const bar = bars.get(ts);
    if (bar === undefined) {
      const prices = { open: price, high: price, low: price, close: price };
      bars.set(ts, { ts, ...prices, volume: size, trades: 1 });
    } else {
      bar.high = Math.max(bar.high, price);
      bar.low = Math.min(bar.low, price);
      bar.close = price;
      bar.volume += size;
      bar.trades = (bar.trades ?? 0) + 1;
    }
  }
  return [...bars.values()];
}

/** A tape of trades, a history of them that answers late, and a feed that follows both. */
function world(interval: Interval | null, limit = 10_000) {
  const clock = fakeClock(START_US / 1_000);
  const tape: { cursor: Cursor; trade: TradeEvent }[] = [];
  /** What history has beside the tape, which nobody was told. */
  const untold: TradeEvent[] = [];
  const trades = () => [...tape.map(({ trade }) => trade), ...untold];
  let answerMs = 0;
  let requests = 0;
  const history: Api["history"] = (_symbol, query) => {
    requests += 1;
    const cursor = tape.at(-1)?.cursor ?? (0 as Cursor);
    const bars = barsOf(trades(), query.interval)
      .filter((bar) => query.to === undefined || bar.ts < query.to)
      .slice(-Math.min(query.limit, limit));
    const value = { symbol: "A" as SymbolName, interval: query.interval, cursor, bars };
    return new Promise((resolve) => {
      clock.setTimer(() => resolve({ kind: "ok", value }), answerMs);
    });
  };
  const feed = openBarFeed(
    {
      api: { history } as Api,
      setTimer: clock.setTimer,
      nowMs: clock.nowMs,
      random: () => 0.5,
      mark: () => {},
      failed: () => {},
      onHistory: () => {},
      onBars: () => {},
    },
    "A",
    interval,
  );
  return {
    clock,
    feed,
    tape,
    requests: () => requests,
    setAnswerMs: (ms: number) => {
      answerMs = ms;
    },
    /** A trade reaches the room `lateUs` after it happened. */
    trade(lateUs: number, price: number, size = 1): { cursor: Cursor; trade: TradeEvent } {
      const nowUs = clock.nowMs() * 1_000;
      const cursor = Math.max((tape.at(-1)?.cursor ?? 0) + 1, nowUs) as Cursor;
      const ts = Math.max(START_US, nowUs - lateUs) as EpochUs;
      const entry = { cursor, trade: { kind: "trade" as const, ts, price, size } };
      tape.push(entry);
      return entry;
    },
    shown: () =>
      feed.bars().map(({ openedAtUs: _o, closedAtUs: _c, openedByUs: _b, ...bar }) => bar),
    /** History has a bar of a time before all trades. */
    import(beforeUs: number, price: number) {
      const ts = (START_US - beforeUs) as EpochUs;
      untold.push({ kind: "trade", ts, price, size: 1 });
    },
    expected: () => barsOf(trades(), feed.interval()),
  };
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("trade" as const),
      lateUs: fc.constantFrom(0, 0, 0, 3_000, 900_000, 2_000_000, 7_000_000),
      price: fc.integer({ min: 1, max: 1_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(1, 40, 700, 4_000),
    }),
  },
  fc.record({
    do: fc.constant("choose" as const),
    interval: fc.constantFrom<Interval>("1s", "5s", "1m", "1d"),
  }),
  fc.record({ do: fc.constant("slow" as const), ms: fc.constantFrom(0, 30, 2_000) }),
  fc.record({ do: fc.constantFrom("hold" as const, "lose" as const, "older" as const) }),
);

test("INV-3 INV-7 history and live trades, in whatever order, make the bars that all trades make", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 50, size: "max" }),
      fc.integer({ min: 0, max: 5 }),
      async (steps, before) => {
        const { clock, feed, trade, ...rest } = world("1s");
        for (let i = 0; i < before; i++) {
          trade(i * 1_000, 10 + i);
          await clock.advance(400);
        }
        const held: { cursor: Cursor; trade: TradeEvent }[] = [];
        let isHolding = false;
        const flush = () => {
          for (const { cursor, trade } of held.splice(0)) feed.take({ cursor, events: [trade] });
        };
        feed.load();
        await settle();
        for (const each of steps) {
          switch (each.do) {
            case "trade": {
              held.push(trade(each.lateUs, each.price));
              if (!isHolding) flush();
              break;
            }
            case "advance":
              await clock.advance(each.ms);
              break;
            case "choose":
              feed.choose(each.interval);
              await settle();
              break;
            case "slow":
              rest.setAnswerMs(each.ms);
              break;
            case "hold":
              // Frames on their way: history may be asked for meanwhile.
              isHolding = !isHolding;
              if (!isHolding) flush();
              break;
            case "lose": {
              const [first, last] = [held[0], held.at(-1)];
              if (first === undefined || last === undefined) break;
              held.length = 0;
              const from = (first.cursor - 1) as Cursor;
              const gap: Gap = {
                type: "gap",
                from,
                to: last.cursor,
                reason: "slow",
                dropped: null,
              };
              feed.takeGap(gap);
              await settle();
              break;
            }
            case "older":
              feed.loadOlder();
              await clock.advance(2_100);
              break;
            default:
              each satisfies never;
          }
        }
        flush();
        await clock.advance(20_000);
        expect(rest.shown()).toEqual(rest.expected());
      },
    ),
    { numRuns: 400 },
  );
}, 60_000);

const imported = fc.oneof(
  fc.record({ do: fc.constant("import" as const), beforeUs: fc.integer({ min: 1, max: 9e7 }) }),
  fc.record({
    do: fc.constant("trade" as const),
    lateUs: fc.constantFrom(0, 3_000_000, 6_000_000),
  }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 40, 700, 3_000) }),
  fc.record({ do: fc.constant("slow" as const), ms: fc.constantFrom(0, 30, 2_000) }),
  fc.record({ do: fc.constant("older" as const) }),
);

/** The trade is older than what is shown, and comes while bars in doubt are asked for, which reach further back. */
const LATE_MEANWHILE: (typeof imported extends fc.Arbitrary<infer Each> ? Each : never)[] = [
  { do: "trade", lateUs: 0 },
  { do: "import", beforeUs: 1 },
  { do: "slow", ms: 2_000 },
  { do: "advance", ms: 1 },
  { do: "trade", lateUs: 6_000_000 },
];

test("bars that were imported come onto the page that is open, as far back as it goes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(imported, { maxLength: 40, size: "max" }), async (steps) => {
      // So few a page that what is looked at takes many.
      const { clock, feed, trade, ...rest } = world("1s", 4);
      for (let i = 0; i < 8; i += 1) {
        rest.import(i * 3e6, i);
        trade(0, 10 + i);
        await clock.advance(1_000);
      }
      feed.load();
      await clock.advance(10);
      for (const each of steps) {
        switch (each.do) {
          case "import":
            rest.import(each.beforeUs, 5);
            feed.takeImport();
            break;
          case "trade": {
            const { cursor, trade: event } = trade(each.lateUs, 7);
            feed.take({ cursor, events: [event] });
            break;
          }
          case "advance":
            await clock.advance(each.ms);
            break;
          case "slow":
            rest.setAnswerMs(each.ms);
            break;
          case "older":
            feed.loadOlder();
            break;
          default:
            each satisfies never;
        }
      }
      await clock.advance(200_000);
      const shown = rest.shown();
      expect(shown).toEqual(rest.expected().slice(-shown.length));
      // It goes on from there, also where it had come to the end.
      for (let i = 0; i < 40; i += 1) {
        feed.loadOlder();
        await clock.advance(2_100);
      }
      expect(rest.shown()).toEqual(rest.expected());
    }),
    { numRuns: 200, examples: [[LATE_MEANWHILE]] },
  );
}, 60_000);

test("trades in order after the first look ask history for nothing more", async () => {
  const { clock, feed, trade, requests } = world("1m");
  trade(0, 10);
  feed.load();
  await clock.advance(10);
  for (let i = 0; i < 100; i++) {
    const { cursor, trade: event } = trade(0, 10 + i);
    feed.take({ cursor, events: [event] });
    await clock.advance(500);
  }
  expect(requests()).toBe(1);
});

test("older bars come before those shown, once, until there are none", async () => {
  const { clock, feed, trade, shown, expected, requests } = world("1s", 20);
  for (let i = 0; i < 50; i++) {
    trade(0, 10 + i);
    await clock.advance(1_000);
  }
  feed.load();
  await clock.advance(10);
  expect(shown()).toHaveLength(20);
  for (let i = 0; i < 5; i++) {
    feed.loadOlder();
    await clock.advance(10);
  }
  expect(shown()).toEqual(expected());
  // The first look, two pages of older bars, and the answer that there are no more.
  expect(requests()).toBe(4);
});

test("R-3 pages of older bars double up to the most that the server gives, until as many are kept as the page keeps", async () => {
  const clock = fakeClock(START_US / 1_000);
  const limits: number[] = [];
  const history: Api["history"] = async (_symbol, { interval: asked, limit, to }) => {
    limits.push(limit);
    const end = (to ?? START_US) / 1e6;
    const bars = Array.from({ length: limit }, (_, i): Bar => {
      const ts = ((end - limit + i) * 1e6) as EpochUs;
      return { ts, open: 1, high: 1, low: 1, close: 1, volume: 1 };
    });
    const cursor = START_US as Cursor;
    return { kind: "ok", value: { symbol: "A" as SymbolName, interval: asked, cursor, bars } };
  };
  const deps = { mark() {}, failed() {}, onHistory() {}, onBars() {}, random: () => 0.5 };
  const { setTimer, nowMs } = clock;
  const feed = openBarFeed({ ...deps, setTimer, nowMs, api: { history } as Api }, "A", "1s");
  feed.load();
  await settle();
  for (let i = 0; i < 40; i++) {
    feed.loadOlder();
    await settle();
  }
  expect(limits.slice(0, 7)).toEqual([500, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
  expect(Math.max(...limits)).toBe(10_000);
  expect(feed.bars()).toHaveLength(199_500);
  const starts = feed.bars().map(({ ts }) => ts);
  expect(starts.every((ts, i) => i === 0 || ts - (starts[i - 1] ?? 0) === 1e6)).toBe(true);
});

test("older bars are asked for until they reach a moment, over a failure and to the end of what there is", async () => {
  const clock = fakeClock(START_US / 1_000);
  const BARS = 30_000;
  const firstUs = START_US - BARS * 1e6;
  const limits: number[] = [];
  const history: Api["history"] = async (_symbol, { interval: asked, limit, to = START_US }) => {
    limits.push(limit);
    if (limits.length === 2) return { kind: "failed", status: 503, detail: "away" };
    const fromUs = Math.max(firstUs, to - limit * 1e6);
    const bars = Array.from({ length: (to - fromUs) / 1e6 }, (_, i): Bar => {
      const ts = (fromUs + i * 1e6) as EpochUs;
      return { ts, open: 1, high: 1, low: 1, close: 1, volume: 1 };
    });
    const cursor = START_US as Cursor;
    return { kind: "ok", value: { symbol: "A" as SymbolName, interval: asked, cursor, bars } };
  };
  const deps = { mark() {}, failed() {}, onHistory() {}, onBars() {}, random: () => 0.5 };
  const { setTimer, nowMs } = clock;
  const feed = openBarFeed({ ...deps, setTimer, nowMs, api: { history } as Api }, "A", "1s");
  feed.load();
  const wantedUs = START_US - 12_000 * 1e6;
  feed.reach(wantedUs);
  await settle();
  expect(feed.isReached(wantedUs)).toBe(false);
  await clock.advance(2_000);
  expect(limits).toEqual([500, 10_000, 10_000, 10_000]);
  expect(feed.isReached(wantedUs)).toBe(true);
  feed.reach(firstUs - 1e6);
  await settle();
  expect(feed.isReached(firstUs - 1e6)).toBe(true);
  expect(feed.bars()).toHaveLength(BARS);
  // Bars of another interval have to come that far first.
  feed.choose("5s");
  expect(feed.isReached(wantedUs)).toBe(false);
});

test("few trades, and minutes that were posted, are shown in minutes", () => {
  const minute = (i: number, trades?: number): Bar => {
    const ts = (START_US + i * 60e6) as EpochUs;
    return {
      ts,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      volume: 1,
      ...(trades !== undefined && { trades }),
    };
  };
  const of = (count: number, trades?: number) =>
    suggestInterval(Array.from({ length: count }, (_, i) => minute(i, trades)));
  expect([of(1, 1), of(3, 1), of(10, 2)]).toEqual(["1m", "1m", "1m"]);
  // Those who posted them have said nothing of seconds.
  expect([of(1), of(10)]).toEqual(["1m", "1m"]);
  expect([of(1, 3), of(8, 3), of(24, 3)]).toEqual(["1s", "5s", "1m"]);
});

test("an interval nobody chose suits the data: seconds for a young symbol, days for daily prices", async () => {
  const young = world(null);
  for (let i = 0; i < 3; i++) young.trade(0, 10);
  void young.feed.load();
  await young.clock.advance(10);
  expect(young.feed.interval()).toBe("1s");
  const daily = world(null);
  for (let i = 0; i < 30; i++) {
    daily.trade(0, 10);
    await daily.clock.advance(86_400_000);
  }
  void daily.feed.load();
  await daily.clock.advance(10);
  expect(daily.feed.interval()).toBe("1d");
});

test("a symbol that has posted days alone is shown in days, and an empty one in minutes", async () => {
  const clock = fakeClock(START_US / 1_000);
  const day = { open: 1, high: 2, low: 1, close: 2, volume: 3, trades: 0 };
  let posted: Bar[] = [];
  const asked: Interval[] = [];
  const history: Api["history"] = async (_symbol, { interval }) => {
    asked.push(interval);
    const bars = interval === "1d" ? posted : [];
    return {
      kind: "ok",
      value: { symbol: "A" as SymbolName, interval, cursor: 0 as Cursor, bars },
    };
  };
  const deps = {
    api: { history } as Api,
    setTimer: clock.setTimer,
    nowMs: clock.nowMs,
    random: () => 0.5,
    mark: () => {},
    failed: () => {},
    onHistory: () => {},
    onBars: () => {},
  };
  const empty = openBarFeed(deps, "A", null);
  empty.load();
  await settle();
  expect(empty.interval()).toBe("1m");
  posted = [{ ts: 86_400_000_000 as EpochUs, ...day }];
  asked.length = 0;
  const feed = openBarFeed(deps, "A", null);
  feed.load();
  await settle();
  expect([feed.interval(), feed.bars().length]).toEqual(["1d", 1]);
  expect(asked).toEqual(["1m", "1h", "1d"]);
  // In minutes there is nothing, and the way back is known; it leads back.
  feed.choose("1m");
  await settle();
  expect([feed.interval(), feed.bars().length, feed.elsewhere()]).toEqual(["1m", 0, "1d"]);
  expect(feed.newest()).toEqual({ bar: posted[0], interval: "1d" });
  feed.choose("1d");
  await settle();
  expect([feed.bars().length, feed.elsewhere()]).toEqual([1, null]);
  // Who chooses minutes before there is any answer has chosen them as well.
  const hasty = openBarFeed(deps, "A", null);
  hasty.load();
  hasty.choose("1m");
  await settle();
  expect([hasty.interval(), hasty.elsewhere()]).toEqual(["1m", "1d"]);
});
