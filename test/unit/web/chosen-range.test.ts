import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addressOf,
  intervalReaching,
  rangeInAddress,
  rangeInForm,
} from "../../../web/data/bars/chosen-range.ts";
import { fieldText, momentOf } from "../../../web/data/times/zone-moment.ts";

const usOf = (iso: string) => Date.parse(iso) * 1_000;
const windowOf = (from: string, to: string) => {
  return { kind: "window", window: { fromUs: usOf(from), toUs: usOf(to) } };
};

describe("the range in an address", () => {
  test("is what was written there, whatever the window", () => {
    const moment = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(moment, fc.integer({ min: 1, max: 1e12 }), (fromMs, lengthMs) => {
        const window = { fromUs: fromMs * 1_000, toUs: (fromMs + lengthMs) * 1_000 };
        expect(rangeInAddress(addressOf("5m", window))).toEqual({ kind: "window", window });
      }),
    );
  });

  test.each([
    ["", { kind: "newest" }],
    ["?interval=1m", { kind: "newest" }],
    [
      "?from=2026-11-27T14:30Z&to=2026-11-27T15:30:20Z",
      windowOf("2026-11-27T14:30:00Z", "2026-11-27T15:30:20Z"),
    ],
    ["?from=2026-11-26&to=2026-11-27", windowOf("2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z")],
  ])("%s", (search, range) => {
    expect(rangeInAddress(search)).toEqual(range);
  });

  test.each([
    ["?from=2026-11-27T14:30Z", "needs from and to"],
    ["?to=2026-11-27T14:30Z", "needs from and to"],
    ["?from=&to=", "needs from and to"],
    ["?from=1000000&to=2000000", "needs from and to"],
    ["?from=yesterday&to=today", "as 2026-11-27T14:30Z"],
    ["?from=2026-11-27T14:30&to=2026-11-27T15:30", "in UTC"],
    ["?from=2026-02-31&to=2026-03-09", "needs from and to"],
    ["?from=2026-11-27T25:00Z&to=2026-11-28", "needs from and to"],
    ["?from=2026-11-27&to=2026-11-27", "first time before the second"],
    ["?from=2026-11-28&to=2026-11-27", "first time before the second"],
    ["?from=1969-12-31&to=2026-11-27", "not before 1970"],
  ])("%s says what to do", (search, words) => {
    expect(rangeInAddress(search)).toEqual({
      kind: "wrong",
      words: expect.stringContaining(words),
    });
  });
});

describe("the range in the form", () => {
  test("is of the clocks of the page's zone", () => {
    const range = rangeInForm("2026-11-27T09:30", "2026-11-27T16:00:30", "America/New_York");
    expect(range).toEqual(windowOf("2026-11-27T14:30:00Z", "2026-11-27T21:00:30Z"));
  });

  test.each([
    ["", "2026-11-27T16:00", "Fill in both"],
    ["2026-11-27T16:00", "", "Fill in both"],
    ["2026-11-27T16:00", "2026-11-27T16:00", "first time before the second"],
  ])("%s to %s says what to do", (from, to, words) => {
    expect(rangeInForm(from, to, "UTC")).toEqual({
      kind: "wrong",
      words: expect.stringContaining(words),
    });
  });

  test.each([
    ["clocks that are set ahead pass it over", "2026-03-08T02:30", "2026-03-08T07:30:00Z"],
    ["clocks that are set back show it twice", "2026-11-01T01:30", "2026-11-01T05:30:00Z"],
    ["the hour after that", "2026-11-01T02:30", "2026-11-01T07:30:00Z"],
    ["the hour before clocks are set ahead", "2026-03-08T01:30", "2026-03-08T06:30:00Z"],
  ])("%s", (_what, text, iso) => {
    expect(momentOf(text, "America/New_York")).toBe(usOf(iso));
  });

  test("fields have the moment back, to the second", () => {
    const zone = fc.constantFrom("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Chatham");
    fc.assert(
      fc.property(zone, fc.integer({ min: 1, max: 4e9 }), (id, second) => {
        const text = fieldText(second * 1e6 + 400_000, id);
        // Of an hour that clocks show twice the fields cannot say which it is.
        expect(fieldText(momentOf(text, id) ?? Number.NaN, id)).toBe(text);
      }),
    );
  });
});

test("bars are as short as is wanted and the page can hold back to the range's begin", () => {
  const nowUs = usOf("2026-11-27T00:00:00Z");
  expect(intervalReaching(usOf("2026-11-26T00:00:00Z"), "1m", nowUs)).toBe("1m");
  expect(intervalReaching(usOf("2026-11-26T00:00:00Z"), "4h", nowUs)).toBe("4h");
  expect(intervalReaching(usOf("2026-11-20T00:00:00Z"), "1s", nowUs)).toBe("15s");
  expect(intervalReaching(usOf("2026-01-01T00:00:00Z"), "1m", nowUs)).toBe("5m");
  expect(intervalReaching(0, "1s", nowUs)).toBe("1d");
  expect(intervalReaching(usOf("2027-01-01T00:00:00Z"), "1m", nowUs)).toBe("1m");
});
