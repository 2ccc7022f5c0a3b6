import { expect, test } from "vitest";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import {
  asOfTrade,
  asOfWords,
  isStale,
  type LastPrice,
  lastPrice,
} from "../../../web/data/symbols/last-price.ts";
import { listedPrice, type Past } from "../../../web/data/symbols/listed-price.ts";
import type { ListedSymbol } from "../../../web/data/symbols/symbol-list.ts";
import { changeOf, NO_BASE, NOT_POSITIVE, OLD_PRICE } from "../../../web/data/words/change.ts";

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const NOW_US = NOW_MS * 1_000;
const DAY_US = 86_400e6;
const bar = (ts: number, close = 11) => ({ ts: ts as EpochUs, close });

test("the last price is the close of the newest bar, as of the trade that made it", () => {
  const newest = { bar: bar(NOW_US - 30e6), interval: "1m" } as const;
  expect(lastPrice(newest, { ts: NOW_US - 5e6 }, null)).toEqual({
    price: 11,
    asOf: { kind: "moment", ts: NOW_US - 5e6 },
  });
  // A trade of 2020 that was pushed today is not the last price.
  const asOfBar = { kind: "bar", ts: NOW_US - 30e6, endTs: NOW_US + 30e6 };
  expect(lastPrice(newest, { ts: 1 }, null)?.asOf).toEqual(asOfBar);
  expect(lastPrice(null, { ts: 1 }, null)).toBeNull();
});

test("a page opened after the last trade has its moment of the list, and else says which bar it is of", () => {
  const beginUs = NOW_US - 600e6;
  const last = lastPrice({ bar: bar(beginUs), interval: "1m" }, null, null);
  const asOf = (listed: Parameters<typeof asOfTrade>[1]) => asOfTrade(last, listed)?.asOf;
  expect(asOf({ last_ts: beginUs + 1_000 })).toEqual({ kind: "moment", ts: beginUs + 1_000 });
  const asOfBar = { kind: "bar", ts: beginUs, endTs: beginUs + 60e6 };
  expect(asOf(undefined)).toEqual(asOfBar);
  expect(asOf({ last_ts: null })).toEqual(asOfBar);
  expect(asOf({ last_ts: beginUs + 60e6 })).toEqual(asOfBar);
  expect(asOf({ last_ts: beginUs, last_interval: "1m" })).toEqual(asOfBar);
  expect(last && asOfWords(last.asOf, NOW_MS, "UTC")).toMatch(/^bar of \d\d:\d\d:00$/);
  expect(last && isStale(last.asOf, NOW_MS - 481_000)).toBe(false);
  expect(last && isStale(last.asOf, NOW_MS - 479_000)).toBe(true);
  expect(asOfTrade(null, { last_ts: beginUs })).toBeNull();
});

test("of a long bar the newest minute says when; an imported day is told by its date", () => {
  const today = { bar: bar(NOW_US - DAY_US / 2), interval: "1d" } as const;
  const minute = { ts: (NOW_US - 5 * 3_600e6) as EpochUs };
  const known = lastPrice(today, null, minute);
  expect(known?.asOf).toEqual({ kind: "bar", ts: minute.ts, endTs: minute.ts + 60e6 });
  expect(known && isStale(known.asOf, NOW_MS)).toBe(true);
  const old = lastPrice({ bar: bar(Date.UTC(2020, 3, 17) * 1_000), interval: "1d" }, null, null);
  expect(old && asOfWords(old.asOf, NOW_MS, "UTC")).toBe("as of 17 Apr 2020");
});

test("what is a minute old is not now any more, and a day is over at its end", () => {
  expect(isStale({ kind: "moment", ts: NOW_US - 59e6 }, NOW_MS)).toBe(false);
  expect(isStale({ kind: "moment", ts: NOW_US - 61e6 }, NOW_MS)).toBe(true);
  expect(isStale({ kind: "day", ts: NOW_US - DAY_US / 2 }, NOW_MS)).toBe(false);
  expect(isStale({ kind: "day", ts: NOW_US - 2 * DAY_US }, NOW_MS)).toBe(true);
  expect(asOfWords({ kind: "moment", ts: NOW_US - 3_600e6 }, NOW_MS, "UTC")).toMatch(
    /^as of \d\d:\d\d:\d\d$/,
  );
  expect(asOfWords({ kind: "moment", ts: NOW_US - 3 * DAY_US }, NOW_MS, "UTC")).toMatch(
    /^as of 2\d Nov 2026, /,
  );
});

test("a change from a price that is not positive has no figure", () => {
  expect(changeOf(-10, -37.63)).toBeNull();
  expect(changeOf(0, 5)).toBeNull();
  expect(changeOf(4, 5)).toBe(0.25);
  const of = (last: number, change: number | null, price: number) =>
    listedPrice(listed({ last, change }), undefined, live(price), NOW_MS);
  expect(of(-37.63, 2.763, -40)).toMatchObject({ change: null, noChange: NOT_POSITIVE });
  expect(of(5, 0.25, 6).change).toBeCloseTo(0.5);
  expect(of(5, null, 6)).toMatchObject({ change: null, noChange: NOT_POSITIVE });
  // To nothing is all of it; from nothing the price of the day before is no longer told.
  expect(of(0, -1, 0)).toMatchObject({ change: -1, noChange: undefined });
  expect(of(0, -1, 2)).toMatchObject({ change: null, noChange: NO_BASE });
});

test("a price older than a day has no change, volume or way of the last day, and says why", () => {
  const none = { change: null, noChange: OLD_PRICE, volume: null, trail: [] };
  const imported = (dayUs: number, change: number | null, more: Partial<ListedSymbol> = {}) =>
    listedPrice(
      listed({
        ...{ last: 51, last_ts: dayUs as EpochUs, last_interval: "1d", change },
        ...{ volume: 0, last_event: null, trail: [], ...more },
      }),
      { bars: [{ ts: dayUs, close: 51 }] },
      null,
      NOW_MS,
    );
  const midnight = NOW_US - DAY_US / 2;
  expect(imported(midnight - 3 * DAY_US, 0.02)).toMatchObject({ last: 51, ...none });
  const yesterday = imported(midnight - DAY_US, 0.02);
  expect(yesterday.change).toBeCloseTo(0.02);
  expect(yesterday.asOf).toEqual({ kind: "day", ts: midnight - DAY_US });
  expect(yesterday.trail).toEqual([]);
  expect(imported(midnight, null, { change_reason: "no_base" }).noChange).toBe(NO_BASE);
  expect(imported(NOW_US - 60e6, 0, { last_interval: "1m" }).asOf).toEqual({
    ...{ kind: "bar", ts: NOW_US - 60e6, endTs: NOW_US },
  });
  const old = listed({ last_ts: (NOW_US - DAY_US - 1e6) as EpochUs });
  expect(listedPrice(old, undefined, null, NOW_MS)).toMatchObject({ last: 5, ...none });
  expect(listedPrice(listed({}), undefined, live(5, NOW_US - 2 * DAY_US), NOW_MS)).toMatchObject(
    none,
  );
  expect(listedPrice(listed({}), { bars: [] }, null, NOW_MS).change).toBe(0);
});

test("the way of the last day is of bars that are in it, however long the page has been open", () => {
  const bars = [30, 23, 2, 1].map((hours) => ({ ts: NOW_US - hours * 3_600e6, close: hours }));
  const past = { bars };
  expect(listedPrice(listed({}), past, null, NOW_MS).trail).toEqual([23, 2, 1, 5]);
});

test("without the history of the day there is no way of it; few bars begin what the page has seen", () => {
  const falling = listed({ trail: [7, 6, 5] });
  const trailOf = (past?: Past) => listedPrice(falling, past, null, NOW_MS).trail;
  expect(trailOf()).toEqual([]);
  expect(trailOf({ bars: [{ ts: NOW_US - 3_600e6, close: 1 }] })).toEqual([1, 7, 6, 5]);
});

function listed(differing: Partial<ListedSymbol>): ListedSymbol {
  return {
    ...{ symbol: "CL" as never, last: 5, change: 0, volume: 7, viewers: 0 },
    last_ts: (NOW_US - 5e6) as EpochUs,
    last_event: NOW_US as EpochUs,
    ...{ direction: "same", moves: 0, trail: [5, 5] },
    ...differing,
  };
}

function live(price: number, ts = NOW_US): LastPrice {
  return { price, asOf: { kind: "moment", ts } };
}
