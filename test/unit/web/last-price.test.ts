import { expect, test } from "vitest";
import type { EpochUs } from "../../../src/protocol/time.ts";
import { changeOf, liveChange } from "../../../web/data/change.ts";
import { asOfWords, isStale, lastPrice } from "../../../web/data/last-price.ts";

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const NOW_US = NOW_MS * 1_000;
const DAY_US = 86_400e6;
const bar = (ts: number, close = 11) => ({ ts: ts as EpochUs, close });

test("the last price is the close of the newest bar, as of the trade that made it", () => {
  const newest = { bar: bar(NOW_US - 30e6), interval: "1m" } as const;
  expect(lastPrice(newest, { ts: NOW_US - 5e6 }, null, NOW_US)).toEqual({
    price: 11,
    asOf: { kind: "moment", ts: NOW_US - 5e6 },
  });
  // A trade of 2020 that was pushed today is not the last price.
  expect(lastPrice(newest, { ts: 1 }, null, NOW_US)?.asOf.ts).toBe(NOW_US);
  expect(lastPrice(null, { ts: 1 }, null, NOW_US)).toBeNull();
});

test("of a long bar the newest minute says when; an imported day is told by its date", () => {
  const today = { bar: bar(NOW_US - DAY_US / 2), interval: "1d" } as const;
  const minute = { ts: (NOW_US - 5 * 3_600e6) as EpochUs };
  const known = lastPrice(today, null, minute, NOW_US);
  expect(known?.asOf).toEqual({ kind: "moment", ts: minute.ts + 60e6 });
  expect(known && isStale(known.asOf, NOW_MS)).toBe(true);
  const old = lastPrice(
    { bar: bar(Date.UTC(2020, 3, 17) * 1_000), interval: "1d" },
    null,
    null,
    NOW_US,
  );
  expect(old && asOfWords(old.asOf, NOW_MS)).toBe("as of 17 Apr 2020");
});

test("what is a minute old is not now any more, and a day is over at its end", () => {
  expect(isStale({ kind: "moment", ts: NOW_US - 59e6 }, NOW_MS)).toBe(false);
  expect(isStale({ kind: "moment", ts: NOW_US - 61e6 }, NOW_MS)).toBe(true);
  expect(isStale({ kind: "day", ts: NOW_US - DAY_US / 2 }, NOW_MS)).toBe(false);
  expect(isStale({ kind: "day", ts: NOW_US - 2 * DAY_US }, NOW_MS)).toBe(true);
  expect(asOfWords({ kind: "moment", ts: NOW_US - 3_600e6 }, NOW_MS)).toMatch(
    /^as of \d\d:\d\d:\d\d$/,
  );
  expect(asOfWords({ kind: "moment", ts: NOW_US - 3 * DAY_US }, NOW_MS)).toMatch(
    /^as of 2\d Nov 2026, /,
  );
});

test("a change from a price that is not positive has no figure", () => {
  expect(changeOf(-10, -37.63)).toBeNull();
  expect(changeOf(0, 5)).toBeNull();
  expect(changeOf(4, 5)).toBe(0.25);
  const summary = { symbol: "CL" as never, volume: 0, last_event: null, viewers: 0 };
  expect(liveChange({ ...summary, last: -37.63, change: 2.763 }, -40)).toBeNull();
  expect(liveChange({ ...summary, last: 5, change: 0.25 }, 6)).toBeCloseTo(0.5);
  expect(liveChange({ ...summary, last: 5, change: null }, 6)).toBeNull();
});
