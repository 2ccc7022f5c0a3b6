import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readQueryTime } from "../../../../src/core/time/query-time.ts";
import {
  MAX_AHEAD_US,
  readTimestamp,
  type TimeUnit,
  unmistakableTime,
} from "../../../../src/core/time/timestamp.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";

const NOW_US = 1_790_000_000_000_000 as EpochUs;

function messageOf(input: string | number, unit?: TimeUnit): string {
  const reading = readTimestamp(input, NOW_US, unit);
  return reading.kind === "refused" ? reading.message : `taken as ${reading.us}`;
}

describe("I-5 times", () => {
  it("takes integer microseconds as they are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100_000_000_000_000, max: NOW_US + MAX_AHEAD_US }), (us) => {
        expect(readTimestamp(us, NOW_US)).toEqual({ kind: "moment", us });
      }),
    );
  });

  it("reads RFC 3339 to the microsecond, in any offset", () => {
    const moment = fc.date({
      min: new Date("1880-01-02"),
      max: new Date("2026-01-01"),
      noInvalidDate: true,
    });
    const micros = fc.nat({ max: 999 });
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(moment, micros, offset, (date, sub, minutes) => {
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const size = Math.abs(minutes);
        const two = (value: number) => String(value).padStart(2, "0");
        const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const text = `${local}${String(sub).padStart(3, "0")}${zone}`;
        expect(readTimestamp(text, NOW_US)).toEqual({
          kind: "moment",
          us: date.getTime() * 1_000 + sub,
        });
      }),
    );
  });

  it.each([
    ["2026-01-31T09:30:00Z", 1_769_851_800_000_000],
    ["2026-01-31t09:30:00.25z", 1_769_851_800_250_000],
    ["2026-01-31 09:30:00.123456789+00:00", 1_769_851_800_123_456],
    ["1969-12-31T23:59:59.999999Z", -1],
    ["2024-02-29T00:00:00-01:30", 1_709_170_200_000_000],
  ])("reads %s", (text, us) => {
    expect(readTimestamp(text, NOW_US)).toEqual({ kind: "moment", us });
  });

  it.each([
    [1_790_000_000, "looks like seconds"],
    [1_790_000_000.5, "looks like seconds"],
    [1_790_000_000_000, "looks like milliseconds"],
    [1_790_000_000_000_000_000, "looks like nanoseconds"],
    [-1_790_000_000_000_000_000, "looks like nanoseconds"],
    [0, "is 0, which looks like a missing time"],
    [-0, "looks like a missing time"],
    [-1, "is -1, which looks like a missing time"],
    [1, "looks like seconds"],
    [-1_790_000_000, "looks like seconds"],
    [-1_790_000_000_000, "looks like milliseconds"],
    [-2_840_140_800_000_001, "before the year 1880"],
    [-9_005_000_000_000_000, "before the year"],
    ["1879-12-31T23:59:59.999999Z", "before the year 1880"],
    [1_780_000_000_000_000.5, "without a fraction"],
    [Number.NaN, "must be a finite number"],
    [NOW_US + MAX_AHEAD_US + 1, "more than 10 minutes ahead"],
    ["2999-01-01T00:00:00Z", "more than 10 minutes ahead"],
    ["2026-02-30T00:00:00Z", "no date of the calendar"],
    ["2023-02-29T00:00:00Z", "no date of the calendar"],
    ["2026-01-31T24:00:00Z", "no date of the calendar"],
    ["2026-01-31T23:59:60Z", "no date of the calendar"],
    ["2026-13-01T00:00:00Z", "no date of the calendar"],
    ["2026-01-01T00:00:00+24:00", "no date of the calendar"],
    ["1683-01-01T00:00:00Z", "before the year 1684"],
    ["1700-01-01T00:00:00Z", "before the year 1880"],
    ["2026-01-31T09:30:00", "does not say its offset"],
    ["2026-01-31", "does not say its offset"],
    ["2026-01-31T09:30Z", "RFC 3339 with an offset"],
    ["1790000000000000", "RFC 3339 with an offset"],
    ["", "RFC 3339 with an offset"],
  ])("refuses %s", (input, words) => {
    expect(messageOf(input)).toContain(words);
  });

  it("takes integers of any time since 1880 in the unit that is said", () => {
    const perUnit = { s: 1e6, ms: 1e3, us: 1 } as const;
    const us = fc.integer({ min: Date.UTC(1880, 0, 1) * 1_000, max: NOW_US });
    fc.assert(
      fc.property(us, fc.constantFrom("s", "ms", "us"), (moment, unit) => {
        const count = Math.floor(moment / perUnit[unit]);
        fc.pre(count !== 0 && count !== -1 && moment >= -2_840_140_799_000_000);
        expect(readTimestamp(count, NOW_US, unit)).toEqual({
          kind: "moment",
          us: count * perUnit[unit],
        });
        expect(readQueryTime(String(count), NOW_US, unit)).toEqual({
          kind: "moment",
          us: count * perUnit[unit],
        });
      }),
    );
  });

  it.each([
    [1_790_000_000_000_000_000, "ns", 1_790_000_000_000_000],
    ["1789999999999999999", "ns", 1_789_999_999_999_999],
    ["-1001", "ns", -2],
    [100, "us", 100],
  ] as const)("reads %s in %s", (input, unit, us) => {
    expect(readTimestamp(input, NOW_US, unit)).toEqual({ kind: "moment", us });
  });

  it.each([
    [1_790_000_000.5, "s", "must be an integer, in s"],
    [0, "ms", "looks like a missing time"],
    [-1, "us", "looks like a missing time"],
    [1_790_000_000_000, "s", "more than 10 minutes ahead"],
    [2_000_000_000, "s", "more than 10 minutes ahead"],
    [-3_000_000_000, "s", "before the year 1880"],
    ["1790000000", undefined, "RFC 3339 with an offset"],
  ] as const)("refuses %s in %s", (input, unit, words) => {
    expect(messageOf(input, unit)).toContain(words);
  });

  it("what an export writes can be read again, whatever time it is", () => {
    const us = fc.oneof(
      fc.integer({ min: Date.UTC(1880, 0, 1) * 1_000, max: NOW_US }),
      fc.integer({ min: -2e14, max: 2e14 }),
      fc.constantFrom(0, -1, 1e14, -1e14, 1e11),
    );
    fc.assert(
      fc.property(us, (moment) => {
        const text = JSON.stringify(unmistakableTime(moment as EpochUs));
        const again = readTimestamp(JSON.parse(text) as string | number, NOW_US);
        expect(again).toEqual({ kind: "moment", us: moment });
      }),
    );
  });
});

describe("Q-3 times of queries", () => {
  const HOUR = 3_600_000_000;
  const JAN_5 = Date.UTC(2026, 0, 5) * 1_000;

  it.each([
    ["now", NOW_US],
    ["now-6h", NOW_US - 6 * HOUR],
    ["now-15m", NOW_US - HOUR / 4],
    ["now-1d", NOW_US - 24 * HOUR],
    ["now-2w", NOW_US - 14 * 24 * HOUR],
    ["now+5m", NOW_US + HOUR / 12],
    ["2026-01-05", JAN_5],
    ["2026-01-05T00:00", JAN_5],
    ["2026-01-05T00:00:00", JAN_5],
    ["2026-01-05 00:00:00.000000", JAN_5],
    ["2026-01-05T02:00:00+02:00", JAN_5],
    ["2026-01-05T00:00Z", JAN_5],
    [String(JAN_5), JAN_5],
    ["2999-01-01T00:00:00Z", Date.UTC(2999, 0, 1) * 1_000],
  ])("%s", (text, us) => {
    expect(readQueryTime(text, NOW_US)).toEqual({ kind: "moment", us });
  });

  it.each([
    ["2026-01-05T00:00:00 00:00", "in a URL a + is a space, so write it %2B"],
    ["now 5m", "write + as %2B"],
    ["now-1M", "months and rounding"],
    ["now/d", "must be a time such as"],
    ["now-", "must be a time such as"],
    ["now-9999999w", "before the year 1684"],
    ["2026-02-30", "no date of the calendar"],
    ["yesterday", "must be a time such as"],
    ["1790000000", "looks like seconds"],
    ["1790000000000", "precision=ms"],
    ["0", "looks like a missing time"],
    ["1600-01-01", "before the year 1684"],
  ])("refuses %s", (text, words) => {
    const reading = readQueryTime(text, NOW_US);
    expect(reading.kind === "refused" && reading.message).toContain(words);
  });
});
