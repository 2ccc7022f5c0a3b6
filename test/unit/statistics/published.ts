import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import fixture from "../../fixtures/statistics.json" with { type: "json" };

/** What other programs make of the published data; the file says how. */
export const expected = fixture;

// As text: the types of Workers and of Node disagree about what a URL is.
const DATA = fileURLToPath(
  new URL("../../../node_modules/vega-datasets/data/", import.meta.url).href,
);

/** Dates as in the fixture: `2000-01-31`. */
export const dateOf = (us: number) => new Date(us / 1_000).toISOString().slice(0, 10);

function rowsOf(file: string): string[][] {
  const [, ...lines] = readFileSync(`${DATA}${file}`, "utf8").trim().split("\n");
  return lines.map((line) => line.split(","));
}

/** Prices of MSFT, AMZN, IBM, GOOG or AAPL at the start of each month, 2000 to 2010; GOOG begins in 2004. */
export function monthlyPrices(symbol: string): BucketValues {
  return columns(
    rowsOf("stocks.csv")
      .filter(([name]) => name === symbol)
      .map(([, date = "", price]) => [Date.parse(`${date} UTC`), Number(price)]),
  );
}

/** Closes of the S&P 500, every trading day of 2000 to 2020. */
export function dailyCloses(): BucketValues {
  return columns(
    rowsOf("sp500-2000.csv").map(([date = "", , , , close]) => [Date.parse(date), Number(close)]),
  );
}

function columns(rows: [ms: number, value: number][]): BucketValues {
  return {
    ts: rows.map(([ms]) => (ms * 1_000) as EpochUs),
    values: rows.map(([, value]) => value),
  };
}
