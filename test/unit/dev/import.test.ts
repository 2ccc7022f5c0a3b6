import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BarDefaults, readRecord } from "../../../dev/import/bar-record.ts";
import { guessInterval } from "../../../dev/import/guess-interval.ts";
import { readImportOptions } from "../../../dev/import/options.ts";
import { Progress, timeWords } from "../../../dev/import/progress.ts";
import { readRecords, unusedOf } from "../../../dev/import/read-records.ts";
import { readFileTime } from "../../../dev/import/read-time.ts";
import { barRows, survey } from "../../../dev/import/survey.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const NOW_US = (Date.UTC(2026, 10, 24, 12, 30) * 1_000) as EpochUs;
const SPX: BarDefaults = { symbol: "SPX", interval: "1d", offsetsUs: [0] };
const us = (iso: string) => Date.parse(iso) * 1_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function rowsOf(name: string, text: string, defaults: BarDefaults = SPX) {
  const rows = [];
  for await (const row of barRows(readRecords(fileOf(name, text)), defaults, NOW_US)) {
    rows.push(row);
  }
  return rows;
}

describe("times of a file", () => {
  it.each([
    ["2026-01-31", "2026-01-31T00:00:00Z"],
    ["2026/01/31", "2026-01-31T00:00:00Z"],
    ["20260131", "2026-01-31T00:00:00Z"],
    ["2026-01-31 09:30", "2026-01-31T09:30:00Z"],
    ["2026-01-31T09:30:00.000Z", "2026-01-31T09:30:00Z"],
    ["2026-01-31 09:30:00+02:00", "2026-01-31T07:30:00Z"],
    ["2026-01-31 09:30:00 -0500", "2026-01-31T14:30:00Z"],
    ["1769851800", "2026-01-31T09:30:00Z"],
    ["1769851800.0", "2026-01-31T09:30:00Z"],
    ["1769851800000", "2026-01-31T09:30:00Z"],
    ["1769851800000000", "2026-01-31T09:30:00Z"],
    ["1769851800000000000", "2026-01-31T09:30:00Z"],
    ["-631152000", "1950-01-01T00:00:00Z"],
    ["2026-01-31 09:30:00+00", "2026-01-31T09:30:00Z"],
    ["2026-01-31 09:30:00.5-05:30", "2026-01-31T15:00:00Z"],
    ["2026-01-31 09:30:00 UTC", "2026-01-31T09:30:00Z"],
    ["2026.01.31", "2026-01-31T00:00:00Z"],
    ["2026.01.31 09:30", "2026-01-31T09:30:00Z"],
    ["20260131 093000", "2026-01-31T09:30:00Z"],
    ["18800131", "1880-01-31T00:00:00Z"],
    ["Jan 1 2000", "2000-01-01T00:00:00Z"],
    ["January 31, 2026 09:30", "2026-01-31T09:30:00Z"],
    ["1 Sep 2025", "2025-09-01T00:00:00Z"],
    ["01-Jan-2000", "2000-01-01T00:00:00Z"],
  ])("%s", (text, iso) => {
    expect(readFileTime(text)?.us).toBe(us(iso));
  });

  it.each([
    "",
    "01/02/2026",
    "2026-02-30",
    "2026-13-01",
    "Jan 32 2026",
    "Jax 1 2026",
    "Jan 1 26",
    "2026-01-31 09:75",
    "2026-01.31",
    "2026-01-31 25:00",
    "x",
  ])("none is %j", (text) => expect(readFileTime(text)).toBeUndefined());
});

describe("rows of a file", () => {
  it("are bars by the names of the columns, in any order and case", async () => {
    const text =
      "\uFEFFVolume,Close,Low,High,Open,Date,Adj Close\n10,3,1,4,2,2026-01-30,9\n\n11,4,2,5,3,2026-01-31,9\n";
    const prices = { open: 2, high: 4, low: 1, close: 3 };
    const [first, second] = await rowsOf("a.csv", text);
    expect(first).toEqual({
      line: 2,
      path: "/api/bars",
      event: { symbol: "SPX", interval: "1d", ts: us("2026-01-30"), ...prices, volume: 10 },
    });
    expect(second?.line).toBe(4);
  });

  it("may have a date and a time apart, their own symbols and intervals, and trades", async () => {
    const text =
      "date,time,symbol,interval,open,high,low,close,volume,trades\n2026-01-30,09:30,A,1m,2,4,1,3,10,5\n2026-01-30,10:00,,1h,2,4,1,3,10,\n";
    const said = { ...SPX, symbol: undefined, interval: undefined };
    const rows = await rowsOf("a.csv", text.replace(",,1h", ",B,1h"), said);
    expect(rows.map(({ event }) => event)).toMatchObject([
      { symbol: "A", interval: "1m", ts: us("2026-01-30T09:30:00Z"), trades: 5 },
      { symbol: "B", interval: "1h", ts: us("2026-01-30T10:00:00Z") },
    ]);
    expect(rows[1]?.event).not.toHaveProperty("trades");
    // A symbol that is said is that of every row, and the survey knows what rows name themselves.
    const found = await survey(
      readRecords(fileOf("a.csv", text)),
      { ...said, symbol: "C" },
      NOW_US,
    );
    expect([found.symbols, found.named]).toEqual([new Set(["C"]), new Set(["A", ""])]);
    const unsaid = await survey(readRecords(fileOf("a.csv", text)), said, NOW_US);
    expect(unsaid.bad.named).toEqual([expect.stringContaining("line 3, column symbol")]);
  });

  it("may be NDJSON", async () => {
    const text = '{"ts":"2026-01-30","open":2,"high":4,"low":1,"close":3,"volume":10}\n';
    expect(await rowsOf("a.ndjson", text)).toMatchObject([{ line: 1, event: { close: 3 } }]);
  });

  it("a midnight with an offset is that day, and a file without volume has none", () => {
    const record = { date: "2026-01-30 00:00:00-05:00", open: 2, high: 4, low: 1, close: 3 };
    expect(readRecord(record, SPX, NOW_US)).toMatchObject({
      kind: "bar",
      push: { ts: us("2026-01-30"), volume: 0 },
    });
  });

  it("that are not right are told by line and column, and what is not over is left out", async () => {
    const text = [
      "date,open,high,low,close,volume",
      "2026-01-28,2,4,1,3,10",
      "2026-01-29,2,4,3,3,10",
      "2026-01-30 05:00,2,4,1,3,10",
      "2026-01-31,2,null,1,3,10",
      "2026-02-01,2,4,1,3,",
      "2026-11-24,2,4,1,3,10",
    ].join("\n");
    const found = await survey(readRecords(fileOf("a.csv", text)), SPX, NOW_US);
    expect(found).toMatchObject({ good: 1, notOver: 1, bad: { count: 4 } });
    expect(found.bad.named).toEqual([
      "line 3, column low: must not be above open or close",
      expect.stringContaining("line 4, column date: 2026-01-30 05:00 is not where a bucket of 1d"),
      'line 5, column high: "null" is not a number',
      'line 6, column volume: "" is not a number',
    ]);
    const broken = readRecords(fileOf("a.ndjson", "{oops\n[1]\n"));
    const { bad } = await survey(broken, SPX, NOW_US);
    expect(bad.named[0]).toContain("line 1: ");
    expect(bad.named[1]).toBe("line 2: is not a JSON object");
  });

  it("too long or too short are bad rows like others, and a quote out of place is the end", async () => {
    const text = [
      "date,open,high,low,close,volume",
      "2026-01-28,2,4,1,3,10",
      "2026-01-29,2,4,1,3",
      "2026-01-30,2,4,1,3,10,11",
      "2026-02-01,2,4,1,3,10",
    ].join("\n");
    const found = await survey(readRecords(fileOf("a.csv", text)), SPX, NOW_US);
    expect(found).toMatchObject({ good: 2, bad: { count: 2 } });
    expect(found.bad.named).toEqual([
      "line 3: has 5 fields, and the header has 6",
      "line 4: has 7 fields, and the header has 6",
    ]);
    await expect(rowsOf("b.csv", `${text}\n2026-02-02,2,4,1,"3"x,10\n`)).rejects.toThrow("line 6");
  });

  it("may be as Stooq and MetaTrader write them", async () => {
    const stooq =
      "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\nAAPL.US,D,20260130,000000,2,4,1,3,10,0\nAAPL.US,60,20260130,093000,2,4,1,3,10,0\nAAPL.US,60,20260130,100000,2,4,1,3,10,0\n";
    const none: BarDefaults = { ...SPX, symbol: undefined, interval: undefined };
    expect((await rowsOf("a.txt", stooq, none)).map(({ event }) => event)).toMatchObject([
      { symbol: "AAPL.US", interval: "1d", ts: us("2026-01-30"), volume: 10 },
      { symbol: "AAPL.US", interval: "1h", ts: us("2026-01-30T10:00:00Z") },
    ]);
    const metaTrader =
      "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\r\n2026.01.30\t10:00:00\t2\t4\t1\t3\t9\t0\r\n";
    const hours: BarDefaults = { ...SPX, symbol: "EURUSD", interval: "1h" };
    expect(await rowsOf("b.csv", metaTrader, hours)).toMatchObject([
      { line: 2, event: { ts: us("2026-01-30T10:00:00Z"), close: 3, volume: 0 } },
    ]);
    const semicolons = "date;open;high;low;close\r\n2026-01-29;2;4;1;3\n2026-01-30;2;4;1;3\r\n";
    expect((await rowsOf("c.csv", semicolons)).map(({ line }) => line)).toEqual([2, 3]);
  });

  it("may begin elsewhere than at UTC's hours and days, where that is said", async () => {
    const text =
      "date,open,high,low,close\n2026-01-30 14:30,2,4,1,3\n2026-06-30 13:30,2,4,1,3\n2026-07-01 13:00,2,4,1,3\n";
    const session = { ...SPX, offsetsUs: [48_600_000_000, 52_200_000_000] };
    const found = await survey(readRecords(fileOf("a.csv", text)), session, NOW_US);
    expect(found).toMatchObject({ good: 2, bad: { count: 1 } });
    expect(found.bad.named[0]).toContain(
      "of 1d with offset 13h30m begins, in UTC: 2026-06-30T13:30",
    );
    expect((await rowsOf("a.csv", text, session)).map(({ event }) => event)).toMatchObject([
      { offset: "14h30m", ts: us("2026-01-30T14:30:00Z") },
      { offset: "13h30m", ts: us("2026-06-30T13:30:00Z") },
    ]);
    const without = await survey(readRecords(fileOf("a.csv", text)), SPX, NOW_US);
    expect(without.bad.named[0]).toContain("where buckets begin elsewhere, say so with offset");
  });

  it("of before 1973 go where no number is taken for another unit", async () => {
    const text = "date,open,high,low,close\n1970-01-01,2,4,1,3\n1969-12-31,2,4,1,3\n";
    expect((await rowsOf("a.csv", text)).map(({ event }) => event)).toMatchObject([
      { ts: "1970-01-01T00:00:00.000000Z" },
      { ts: "1969-12-31T00:00:00.000000Z" },
    ]);
  });

  it("of one price a row are bars with that price for all four, whatever the column of it is called", async () => {
    const all = (price: number) => ({ open: price, high: price, low: price, close: price });
    const spx = "date,price\nJan 1 2000,1394.46\nFeb 1 2000,1366.42\n";
    expect((await rowsOf("a.csv", spx)).map(({ event }) => event)).toMatchObject([
      { ts: us("2000-01-01"), ...all(1394.46), volume: 0 },
      { ts: us("2000-02-01"), ...all(1366.42), volume: 0 },
    ]);
    const several = "symbol,date,value,volume\nMSFT,2026-01-30,39.81,7\n";
    expect(await rowsOf("b.csv", several, { ...SPX, symbol: undefined })).toMatchObject([
      { event: { symbol: "MSFT", ...all(39.81), volume: 7 } },
    ]);
    expect(await rowsOf("c.ndjson", '{"ts":"2026-01-30","close":-3}\n')).toMatchObject([
      { event: all(-3) },
    ]);
    const bad = await survey(
      readRecords(fileOf("d.csv", "date,price\n2026-01-30,x\n")),
      SPX,
      NOW_US,
    );
    expect(bad.bad.named).toEqual(['line 2, column price: "x" is not a number']);
    expect(unusedOf(["date", "price", "open interest"])).toEqual(["open interest"]);
    // Months of prices are prices of days; a month of open, high, low and close is no day.
    const months = ["2000-01-01", "2000-02-01", "2000-03-01"];
    expect(guessInterval(months.map((date) => ({ date, price: 1 })))).toMatchObject({
      interval: "1d",
    });
    expect(guessInterval(months.map((date) => ({ date, open: 1, close: 1 })))).toMatchObject({
      kind: "unknown",
    });
  });

  it("a header that names a column twice is refused", async () => {
    const text = "date,open,high,low,close,CLOSE\n2026-01-30,2,4,1,3,4\n";
    await expect(rowsOf("a.csv", text)).rejects.toThrow(
      "line 1: the header names close 2 times (close, CLOSE): leave one of them",
    );
  });

  it("a header without what a bar needs says what is missing", async () => {
    await expect(rowsOf("a.csv", "date,amount\n1,2\n")).rejects.toThrow(
      "line 1: the header names date, amount; it must also name open, high, low, close, or, for one price a row, price or value",
    );
    await expect(rowsOf("a.csv", "date,price,high\n1,2,3\n")).rejects.toThrow(
      "it must also name open, low, close",
    );
    await expect(rowsOf("a.csv", "date,price,value\n1,2,3\n")).rejects.toThrow(
      "the header names price and value, and a bar can be of one price alone: leave one of them",
    );
    await expect(rowsOf("a.csv", "open,high,low,close\n1,2,1,2\n")).rejects.toThrow("a time (date");
    expect(unusedOf(["date", "open", "adjclose"])).toEqual(["adjclose"]);
  });
});

describe("the interval", () => {
  const rows = (...dates: string[]) => dates.map((date) => ({ date }));

  it("is the smallest distance between rows of one symbol, whichever way they go", () => {
    const guess = guessInterval(rows("2026-01-09", "2026-01-06", "2026-01-05"));
    expect(guess).toEqual({ kind: "interval", interval: "1d" });
    const two = ["A", "B", "A", "B"].map((symbol, i) => ({
      symbol,
      ts: `2026-01-05 0${i >> 1}:${i % 2 === 0 ? "00" : "01"}`,
    }));
    expect(guessInterval(two)).toEqual({ kind: "interval", interval: "1h" });
  });

  it("goes by the wall's clock, which is put forward in March", () => {
    const days = rows("2026-03-07 00:00-05:00", "2026-03-08 00:00-05:00", "2026-03-09 00:00-04:00");
    expect(guessInterval(days)).toEqual({ kind: "interval", interval: "1d" });
  });

  it.each([
    [rows("2026-01-05"), "no two rows tell"],
    [rows("2026-01-05", "2026-01-12"), "7 days apart"],
    [rows("2026-01-05 00:00", "2026-01-05 00:05"), "5 minutes apart"],
  ])("is not guessed of what is no such bar", (records, words) => {
    expect(guessInterval(records)).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining(words),
    });
  });
});

describe("the command", () => {
  it("reads its options, and says which is wrong", () => {
    const given =
      "a.csv --symbol SPX --interval 1h --offset 13h30m,30m --skip-bad --url http://x/ --token t".split(
        " ",
      );
    expect(readImportOptions(given)).toEqual({
      ...{ file: "a.csv", symbol: "SPX", interval: "1h", skipsBad: true },
      offsetsUs: [48_600_000_000, 1_800_000_000],
      ...{ url: "http://x", token: "t" },
    });
    expect(() => readImportOptions([])).toThrow("name a file");
    expect(() => readImportOptions(["a", "b"])).toThrow("one file at a time");
    expect(() => readImportOptions(["a", "--interval", "5m"])).toThrow("not 1m, 1h or 1d");
    expect(() => readImportOptions(["a", "--offset", "x"])).toThrow("not hours and minutes");
    expect(() => readImportOptions(["a", "--symbol", "a,b"])).toThrow("must not hold");
    expect(() => readImportOptions(["a", "--url", "x"])).toThrow("not a URL");
  });

  it("draws a bar on a terminal, and writes a line now and then elsewhere", () => {
    for (const isTerminal of [true, false]) {
      let nowMs = 0;
      const written: string[] = [];
      const deps = { write: (text: string) => written.push(text), isTerminal, nowMs: () => nowMs };
      const progress = new Progress(deps, { what: "importing", unit: "rows", total: 40_000 });
      for (let i = 0; i < 12; i += 1) {
        nowMs += 1_000;
        progress.add(1_000);
      }
      progress.trouble({ why: "the server answers 503", waitMs: 1_500 });
      progress.end();
      if (isTerminal) {
        expect(written.at(-3)).toBe(
          "\r\x1b[Kimporting [#######-----------------] 30 % · 12,000 of 40,000 rows · 1,200 a second · 24 s left",
        );
        expect(written.at(-1)).toBe("\r\x1b[K");
      } else {
        expect(written[0]).toBe(
          "importing 25 % · 10,000 of 40,000 rows · 1,200 a second · 25 s left\n",
        );
        expect(written).toHaveLength(2);
      }
      expect(written.at(isTerminal ? -2 : -1)).toContain("the server answers 503, again in 1.5 s");
    }
    expect([0.2, 125, 3_725].map(timeWords)).toEqual(["1 s", "2:05", "1:02:05"]);
  });
});
