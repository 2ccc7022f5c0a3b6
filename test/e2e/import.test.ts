import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type HistoryAnswer,
  historyAnswerSchema,
  symbolsAnswerSchema,
} from "../../src/protocol/answers/answers.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

/** Twenty years of daily bars of the S&P 500, as published (package vega-datasets). */
const FILE = join(PROJECT_DIR, "node_modules/vega-datasets/data/sp500-2000.csv");

const folder = temporaryDataDir();
let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
});

afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

it("INV-6 INV-7 B-4 an imported file is the symbol's history at once, again when it is imported again, and a trade wins its day", async () => {
  const published = readPublished();
  expect(published.length).toBeGreaterThan(5_000);

  const first = await runImport(FILE, "--symbol", "SPX");
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^5,105 bars are in/) });
  expect(first.stderr).toContain("interval 1d, by how far rows are apart");
  expect(first.stderr).toContain("columns not used: adjclose");
  expect(first.stderr).toContain("5,105 bars of SPX, 1d, 2000-01-03 to 2020-04-17");
  expect(await readAll("1d")).toEqual(published);
  // An hour of a day nobody knows anything of.
  expect(await readAll("1h")).toEqual([]);

  expect((await runImport(FILE, "--symbol", "SPX")).code).toBe(0);
  expect(await readAll("1d")).toEqual(published);

  const list = await get("/api/symbols");
  const { symbols } = symbolsAnswerSchema.parse(await list.json());
  // The Keeper's gauges make a symbol of their own.
  const [before, newest] = published.slice(-2);
  expect(symbols).toContainEqual(
    expect.objectContaining({
      ...{ symbol: "SPX", last: newest?.close, last_ts: newest?.ts, last_interval: "1d" },
      change: (newest?.close ?? 0) / (before?.close ?? 0) - 1,
    }),
  );

  const day = published[2_500] as HistoryAnswer["bars"][number];
  const trade = { symbol: "SPX", price: 1_000.5, size: 3, ts: day.ts + 50_000_000_000 };
  const response = await fetch(`${product.url}/api/trades`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${await product.token()}`,
    },
    body: JSON.stringify(trade),
  });
  expect(response.status).toBe(202);
  const prices = { open: 1_000.5, high: 1_000.5, low: 1_000.5, close: 1_000.5 };
  const expected = published.with(2_500, { ts: day.ts, ...prices, volume: 3, trades: 1 });
  expect(await readAll("1d")).toEqual(expected);

  // Whatever the Keeper does meanwhile, and a third import, change nothing of it.
  expect((await runImport(FILE, "--symbol", "SPX")).code).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await readAll("1d")).toEqual(expected);
});

it("a file that is not right is told line by line, and nothing of it is sent", async () => {
  const file = join(folder.dataDir, "wrong.csv");
  writeFileSync(
    file,
    "date,open,high,low,close,volume\n2020-01-02,1,2,1,2,3\n2020-01-03,1,2,1,,3\n2020-01-06,1,2,1,2,3\n",
  );
  const { code, stdout, stderr } = await runImport(file, "--symbol", "WRONG");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain('line 3, column close: "" is not a number');
  expect(stderr).toContain("nothing was sent");
  expect((await fetch(`${product.url}/api/history/WRONG?interval=1d`)).status).toBe(404);
  expect((await runImport(file, "--symbol", "WRONG", "--skip-bad")).code).toBe(0);
  expect((await historyOf("WRONG", "interval=1d")).bars).toHaveLength(2);
  expect((await runImport()).code).toBe(2);
});

/** As a user does it on the same machine: `npm run import -- sp500-2000.csv --symbol SPX`. */
function runImport(
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["dev/import.ts", ...args],
      { cwd: PROJECT_DIR, env: { ...process.env, DATA_DIR: folder.dataDir } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

function readPublished(): HistoryAnswer["bars"] {
  const [header, ...rows] = readFileSync(FILE, "utf8").trim().split("\n");
  expect(header).toBe("date,open,high,low,close,adjclose,volume");
  return rows.map((row) => {
    const [date = "", open, high, low, close, , volume] = row.split(",");
    const prices = {
      ...{ open: Number(open), high: Number(high), low: Number(low), close: Number(close) },
      volume: Number(volume),
    };
    return historyAnswerSchema.shape.bars.element.parse({
      ts: Date.parse(date) * 1_000,
      ...prices,
    });
  });
}

async function readAll(interval: string): Promise<HistoryAnswer["bars"]> {
  return (await historyOf("SPX", `interval=${interval}&limit=10000`)).bars;
}

async function historyOf(symbol: string, query: string): Promise<HistoryAnswer> {
  const response = await get(`/api/history/${symbol}?${query}`);
  expect(response.status).toBe(200);
  return historyAnswerSchema.parse(await response.json());
}

async function get(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${await product.token()}` };
  return fetch(`${product.url}${path}`, { headers });
}
