import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type HistoryAnswer, historyAnswerSchema } from "../../src/protocol/answers/answers.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

/** Twenty years of daily bars of the S&P 500, as published (package vega-datasets). */
const FILE = join(PROJECT_DIR, "node_modules/vega-datasets/data/sp500-2000.csv");
const PAGE_BARS = 2_000;

const folder = temporaryDataDir();
let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
});

afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

it("the main job on real data: the published bars come back, every field of every row", async () => {
  const published = readPublished();
  expect(published.length).toBeGreaterThan(5_000);

  await pushFile();
  expect(await readAll()).toEqual(published);

  // INV-6: the same file once more changes nothing.
  await pushFile();
  expect(await readAll()).toEqual(published);
});

/** As a user does it: `npm run demo -- --file sp500-2000.csv --symbol SPX`. */
async function pushFile(): Promise<void> {
  const args = ["dev/demo.ts", "--file", FILE, "--symbol", "SPX", "--url", product.url];
  await promisify(execFile)(process.execPath, args, {
    cwd: PROJECT_DIR,
    env: { ...process.env, DATA_DIR: folder.dataDir },
  });
}

function readPublished(): HistoryAnswer["bars"] {
  const [header, ...rows] = readFileSync(FILE, "utf8").trim().split("\n");
  expect(header).toBe("date,open,high,low,close,adjclose,volume");
  return rows.map((row) => {
    const [date = "", open, high, low, close, , volume] = row.split(",");
    return historyAnswerSchema.shape.bars.element.parse({
      ts: Date.parse(date) * 1_000,
      open: Number(open),
      high: Number(high),
      low: Number(low),
      close: Number(close),
      volume: Number(volume),
      trades: 4,
    });
  });
}

/** Every bar, page by page from the newest to the oldest as a chart that is scrolled back asks for them. */
async function readAll(): Promise<HistoryAnswer["bars"]> {
  const pages: HistoryAnswer["bars"][] = [];
  let query = "";
  while (true) {
    const response = await fetch(
      `${product.url}/api/history/SPX?interval=1d&limit=${PAGE_BARS}${query}`,
      { headers: { authorization: `Bearer ${await product.token()}` } },
    );
    expect(response.status).toBe(200);
    const { bars } = historyAnswerSchema.parse(await response.json());
    const [oldest] = bars;
    if (oldest === undefined) return pages.reverse().flat();
    pages.push(bars);
    query = `&to=${oldest.ts}`;
  }
}
