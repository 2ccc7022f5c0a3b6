import { expect, test } from "vitest";
import type { SeriesColumns } from "../../../../src/protocol/answers/answers.ts";
import type { AttributionAnswer } from "../../../../src/protocol/answers/attribution.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import {
  dayGain,
  gainCard,
  latencyCard,
  ordersCard,
  positionsCard,
  valueCard,
} from "../../../../web/data/market/desk-cards.ts";
import { largestOfAll, sumOfAll, trendOf } from "../../../../web/data/market/desk-figures.ts";
import type { Api } from "../../../../web/feed/api.ts";
import {
  askDayGains,
  askDayTrail,
  askDeskSeries,
} from "../../../../web/feed/market/desk-questions.ts";

const NOW = { nowMs: Date.UTC(2026, 5, 2, 12), zone: "UTC" };
const minutesAgo = (minutes: number) => (NOW.nowMs - minutes * 60_000) * 1_000;

function series(account: string, points: [number, number | null][]): SeriesColumns {
  const ts = points.map(([at]) => at as EpochUs);
  const values = points.map(([, value]) => value);
  return {
    ...{ metric: "m", symbol: "_system" as SymbolName, labels: { account }, ts },
    ...{ last: values.map((value) => value ?? 0), p99: values },
  };
}

test("a figure of several accounts is their sum at each moment, from where all of them have one", () => {
  const lines = [
    series("a", [
      [1, 10],
      [2, 20],
      [4, 40],
    ]),
    series("b", [
      [2, 1],
      [3, 2],
    ]),
  ];
  expect(trendOf(lines, "last", sumOfAll)).toEqual({ ts: [2, 3, 4], values: [21, 22, 42] });
  expect(trendOf(lines, "p99", largestOfAll)).toEqual({ ts: [2, 3, 4], values: [20, 20, 40] });
  const gone = [
    series("a", [
      [1, 5],
      [2, null],
    ]),
    series("b", []),
  ];
  expect(trendOf(gone, "p99", largestOfAll)).toEqual({ ts: [1], values: [5] });
});

test("the value of the portfolio has its change of the day, or since when there is one", () => {
  const day = { ts: [minutesAgo(1_440), minutesAgo(1)], values: [1_000_000, 1_012_300] };
  expect(valueCard(day, NOW)).toMatchObject({
    figure: "1,012,300",
    beside: "+1.23 % in 24 h, of portfolio_value",
  });
  const later = { ...day, ts: [minutesAgo(90), minutesAgo(1)] };
  expect(valueCard(later, NOW).beside).toBe("+1.23 % since 10:30:00, of portfolio_value");
  // Nothing is a share of what was owed.
  const owed = { ...day, values: [-50, 25.5] };
  expect(valueCard(owed, NOW)).toMatchObject({
    figure: "25.50",
    beside: "+75.50 in 24 h, of portfolio_value",
  });
});

test("figures that are not of now say from when they are", () => {
  const fresh = { ts: [minutesAgo(2), minutesAgo(1)], values: [40, 30] };
  expect(ordersCard(fresh, NOW)).toMatchObject({
    figure: "30.00",
    beside: expect.stringMatching(/40/),
  });
  expect(latencyCard(fresh, NOW)).toMatchObject({
    figure: "30.0 ms",
    beside: "of the last minute",
  });
  const old = { ts: [minutesAgo(30)], values: [40] };
  expect(ordersCard(old, NOW).beside).toBe("as of 11:30:00");
  expect(latencyCard(old, NOW).beside).toBe("as of 11:30:00");
});

test("a card without a figure says what to push", () => {
  const none = { ts: [], values: [] };
  const cards = [valueCard(none, NOW), ordersCard(none, NOW), latencyCard(none, NOW)];
  expect(cards.map(({ figure }) => figure)).toEqual([null, null, null]);
  expect(cards.map(({ beside }) => /Push (\w+) .*\/api\/metrics/.exec(beside)?.[1])).toEqual([
    "portfolio_value",
    "orders_per_second",
    "order_latency_ms",
  ]);
  expect(positionsCard(null, []).beside).toContain("/api/positions");
  const open = { long: 2, short: 1, symbols: ["A"] };
  expect(positionsCard(open, [])).toMatchObject({ figure: "3", beside: "2 long, 1 short" });
});

test("the day's gain is added to the cent over all answers, and names symbols without one", () => {
  const share = (symbol: string, pnl: number | null) => ({
    symbol: symbol as SymbolName,
    pnl: pnl === null ? { kind: "no_price", ts: 1 } : { kind: "ok", pnl },
    fees: null,
  });
  const answer = (...by_symbol: object[]) => ({ by_symbol }) as unknown as AttributionAnswer;
  const day = dayGain([answer(share("A", 0.1), share("B", 0.2)), answer(share("C", null))]);
  expect(day).toEqual({ gain: 0.3, without: ["C"] });
  const card = gainCard(day, 3, []);
  expect(card).toMatchObject({
    figure: "+0.3000",
    beside: "of positions in 3 symbols, without a price: C",
  });
  expect(gainCard(dayGain([answer(share("C", null))]), 1, []).figure).toBeNull();
});

test("an answer is asked for by fifty symbols, and one that fails fails all", async () => {
  const asked: number[] = [];
  let isAway = false;
  const attribution: Api["attribution"] = async ({ symbols }) => {
    asked.push(symbols.split(",").length);
    if (isAway) return { kind: "failed", status: 503, detail: "away" };
    return { kind: "ok", value: { by_symbol: [] } as unknown as AttributionAnswer };
  };
  const symbols = Array.from({ length: 120 }, (_, i) => `S${i}`);
  expect((await askDayGains({ attribution }, symbols, 0)).kind).toBe("ok");
  expect(asked).toEqual([50, 50, 20]);
  isAway = true;
  expect((await askDayGains({ attribution }, symbols, 0)).kind).toBe("failed");
});

test("the card of the day's gain shows the day: from 0 at midnight a step each two hours, in a dozen questions at most", async () => {
  const HOUR_US = 3_600e6;
  const asked: string[] = [];
  let isAway = false;
  const attribution: Api["attribution"] = async ({ from, to, symbols }) => {
    asked.push(`${from} ${to}`);
    if (isAway) return { kind: "failed", status: 503, detail: "away" };
    // It makes one an hour, and at 4:00 there is no price.
    const pnl = Number(to) / HOUR_US;
    const by_symbol = [
      {
        symbol: symbols.split(",")[0],
        pnl: pnl === 4 ? { kind: "no_price", ts: 0 } : { kind: "ok", pnl },
      },
    ];
    return { kind: "ok", value: { by_symbol } as unknown as AttributionAnswer };
  };
  const trail = await askDayTrail({ attribution }, ["A"], 0, 9 * HOUR_US);
  expect(trail).toEqual({ kind: "ok", value: [0, 2, 6, 8] });
  expect(asked).toEqual([2, 4, 6, 8].map((hour) => `0 ${hour * HOUR_US}`));
  // What is of now is no part of it, nor asked for twice.
  expect(await askDayTrail({ attribution }, ["A"], 0, 2 * HOUR_US)).toMatchObject({ value: [0] });
  for (const count of [1, 50, 51, 500]) {
    asked.length = 0;
    const symbols = Array.from({ length: count }, (_, at) => `S${at}`);
    await askDayTrail({ attribution }, symbols, 0, 24 * HOUR_US);
    expect(asked.length, String(count)).toBeLessThanOrEqual(12);
    expect(asked.length, String(count)).toBeGreaterThan(0);
  }
  isAway = true;
  expect((await askDayTrail({ attribution }, ["A"], 0, 9 * HOUR_US)).kind).toBe("failed");
});

test("where nothing was pushed without a symbol the series are none, and a failure is told", async () => {
  const unknown: Api["series"] = async ({ metric }) =>
    metric === "portfolio_value"
      ? { kind: "unknown" }
      : { kind: "refused", status: 404, detail: "no such metric" };
  expect(await askDeskSeries({ series: unknown }, NOW.nowMs)).toEqual({
    kind: "ok",
    value: { value: [], orders: [], latency: [] },
  });
  const refused = { kind: "refused", status: 400, detail: "from is wrong" } as const;
  expect(await askDeskSeries({ series: async () => refused }, NOW.nowMs)).toEqual(refused);
  const failed = { kind: "failed", status: 503, detail: "away" } as const;
  const away: Api["series"] = async ({ metric }) =>
    metric === "orders_per_second" ? failed : { kind: "unknown" };
  expect(await askDeskSeries({ series: away }, NOW.nowMs)).toEqual(failed);
});
