import { describe, expect, it } from "vitest";
import { barPush } from "../../../src/formats/bar-push.ts";
import { decodePush } from "../../../src/formats/decode-push.ts";
import { parseJson } from "../../../src/formats/json.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** 2026-11-24T12:30:00Z */
const NOW_US = (Date.UTC(2026, 10, 24, 12, 30) * 1_000) as EpochUs;
const DAY = {
  symbol: "SPX",
  interval: "1d",
  ts: "2026-11-23T00:00:00Z",
  ...{ open: 2, high: 4, low: 1, close: 3, volume: 10 },
};

const decode = (...items: unknown[]) =>
  decodePush(parseJson(JSON.stringify(items)), barPush, NOW_US);

function issuesOf(fields: Record<string, unknown>) {
  const decoded = decode({ ...DAY, ...fields });
  return decoded.kind === "invalid" ? decoded.issues : [];
}

describe("I-12 posted bars", () => {
  it("are bars of their symbol and interval, without trades where none are told", () => {
    const ts = Date.UTC(2026, 10, 23) * 1_000;
    const bar = { ts, open: 2, high: 4, low: 1, close: 3, volume: 10 };
    expect(decode(DAY, { ...DAY, ts, trades: 7 })).toEqual({
      kind: "items",
      items: [
        { symbol: "SPX", interval: "1d", bar: { ...bar } },
        { symbol: "SPX", interval: "1d", bar: { ...bar, trades: 7 } },
      ],
    });
  });

  it.each([
    ["another interval", { interval: "5m" }, "interval", "must be 1m, 1h or 1d"],
    ["no time", { ts: undefined }, "ts", "RFC 3339"],
    ["seconds", { ts: 1_795_392_000 }, "ts", "looks like seconds"],
    ["a low above the open", { low: 2.5 }, "low", "above open or close"],
    ["a high below the close", { high: 2.5 }, "high", "below open or close"],
    ["a close of text", { close: "3" }, "close", "without quotes"],
    ["a negative volume", { volume: -1 }, "volume", "must not be negative"],
    ["half a trade", { trades: 1.5 }, "trades", "must be an integer"],
    ["more trades than there are", { trades: 1e13 }, "trades", "must be at most"],
    ["an unknown field", { vwap: 2 }, "", "unknown field"],
    [
      "a time inside a day",
      { ts: "2026-11-20T05:00:00Z" },
      "ts",
      "is not where a bucket of 1d begins, in UTC: 2026-11-20T00:00:00Z is, and then 2026-11-21T00:00:00Z",
    ],
    [
      "a day before 1970, off by a microsecond",
      { ts: "1969-12-30T23:59:59.999999Z" },
      "ts",
      "1969-12-30T00:00:00Z is",
    ],
    ["an offset that is none", { offset: "1.5h" }, "offset", "such as 30m or 13h30m"],
    ["an offset of a day", { offset: "24h" }, "offset", "shorter than the interval"],
    [
      "a time that is not at the offset",
      { offset: "13h30m", ts: "2026-11-20T14:30:00Z" },
      "ts",
      "is not where a bucket of 1d with offset 13h30m begins, in UTC: 2026-11-20T13:30:00Z is",
    ],
    [
      "a session that goes on",
      { offset: "13h30m", ts: "2026-11-23T13:30:00Z" },
      "ts",
      "not over before 2026-11-24T13:30",
    ],
    ["a day that goes on", { ts: "2026-11-24T00:00:00Z" }, "ts", "not over before 2026-11-25"],
    ["an hour that goes on", { interval: "1h", ts: "2026-11-24T12:00:00Z" }, "ts", "not over"],
    ["tomorrow", { ts: "2026-11-25T00:00:00Z" }, "ts", "10 minutes ahead"],
  ])("with %s are refused in words", (_, fields, field, words) => {
    expect(issuesOf(fields)).toEqual([
      {
        path: field === "" ? "[0]" : `[0].${field}`,
        message: expect.stringContaining(words),
      },
    ]);
  });

  it("of a minute may come as soon as it is over on a clock that is a little ahead", () => {
    expect(issuesOf({ interval: "1m", ts: "2026-11-24T12:30:00Z" })).toEqual([]);
    expect(issuesOf({ interval: "1m", ts: "2026-11-24T12:31:00Z" })).toHaveLength(1);
  });
});
