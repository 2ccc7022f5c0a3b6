import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_AHEAD_US, readTimestamp } from "../../../src/core/timestamp.ts";
import type { EpochUs } from "../../../src/protocol/time.ts";

const NOW_US = 1_790_000_000_000_000 as EpochUs;

function messageOf(input: string | number): string {
  const reading = readTimestamp(input, NOW_US);
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
      min: new Date("1700-01-01"),
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
    ["2026-01-31T09:30:00", "RFC 3339 with an offset"],
    ["2026-01-31", "RFC 3339 with an offset"],
    ["1790000000000000", "RFC 3339 with an offset"],
    ["", "RFC 3339 with an offset"],
  ])("refuses %s", (input, words) => {
    expect(messageOf(input)).toContain(words);
  });
});
