import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BookAnswer } from "../../src/protocol/answers/answers.ts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { until } from "./chaos/until.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const SYMBOL = "BTC-USD";
const INTERVAL = "5s";
const EVENTS_PER_SECOND = 120;

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

it("the browser of the tests draws text and has WebGL2", async () => {
  const page = await browser.newPage();
  await page.setContent("<span id=text style='font: 20px sans-serif'>97250.5</span>");
  const found = await page.evaluate(() => ({
    width: document.getElementById("text")?.getBoundingClientRect().width ?? 0,
    webgl2: document.createElement("canvas").getContext("webgl2") !== null,
  }));
  expect(found.width).toBeGreaterThan(40);
  expect(found.webgl2).toBe(true);
});

describe("the dashboard in a browser", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;
  let demo: ChildProcess;
  let page: Page;
  let pageErrors: string[];

  beforeEach(async () => {
    folder = temporaryDataDir();
    product = await startProduct({ dataDir: folder.dataDir });
    demo = spawn(
      process.execPath,
      [
        ...["dev/demo.ts", "--url", product.url, "--token", await product.token()],
        ...["--rate", String(EVENTS_PER_SECOND), "--backfill", "10m"],
      ],
      { cwd: PROJECT_DIR, stdio: "ignore" },
    );
    page = await browser.newPage({
      viewport: { width: 1_440, height: 900 },
      // Where the machine names no language, Chromium makes one up (en-US@posix) that Intl does not take.
      locale: "en-US",
    });
    page.setDefaultTimeout(PATIENCE_MS);
    pageErrors = [];
    page.on("pageerror", (error) => pageErrors.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) pageErrors.push(message.text());
    });
  });

  afterEach(async () => {
    demo.kill("SIGKILL");
    await page.close();
    await product.killGroup();
    folder.remove();
  });

  it("INV-2 INV-3 shows a moving market, says that it reconnects, and is whole again after a kill -9", async () => {
    await page.goto(`${product.url}/`);
    const row = page.locator(`[data-testid=symbol-row][data-symbol="${SYMBOL}"]`);
    await row.waitFor();
    expect(await row.textContent()).toMatch(/\d/);
    await picture("list");
    await page.goto(`${product.url}/s/${SYMBOL}?interval=${INTERVAL}`);
    await untilState("live");
    await page.locator("[data-testid=trade-row]").first().waitFor();

    await untilCandlesMove();
    await picture("live");

    const { port } = product;
    await product.killGroup();
    await untilState("reconnecting");
    const words = page.locator("[data-testid=connection-state]");
    await until("the word", async () => /reconnecting/.test((await words.textContent()) ?? ""));
    const before = await page.evaluate(() => window.__edgetape?.cursor() ?? 0);
    const barsBefore = await shownBars();
    expect(barsBefore.length).toBeGreaterThan(10);
    await picture("killed");

    product = await startProduct({ dataDir: folder.dataDir, port });
    await untilState("live");
    // Not only caught up: the producers have come back too, and what they push is seen.
    await page.waitForFunction((cursor) => (window.__edgetape?.cursor() ?? 0) > cursor, before);
    await untilCandlesMove();
    demo.kill("SIGTERM");
    await new Promise((resolve) => demo.once("exit", resolve));

    await untilShownToTheEnd();
    const shown = await shownBars();
    const stored = await storedBars();
    const firstTs = shown[0]?.ts ?? 0;
    const expected = stored.filter((bar) => bar.ts >= firstTs);
    expect(shown.map(withoutVolume)).toEqual(expected.map(withoutVolume));
    // Sums of the same sizes in another order differ in their last digits.
    for (const [index, { volume }] of expected.entries()) {
      expect(shown[index]?.volume).toBeCloseTo(volume, 9);
    }
    expect(shown.length).toBeGreaterThanOrEqual(barsBefore.length);
    // What has come is painted a little later.
    const tradeTimes = await storedTradeTimes();
    await untilSame(shownTradeTimes, tradeTimes);
    const { book } = await get<BookAnswer>(`/api/books/${SYMBOL}?depth=6`);
    await untilSame(() => shownPrices("bid"), book?.bids.map(([price]) => price) ?? []);
    await untilSame(
      async () => (await shownPrices("ask")).reverse(),
      book?.asks.map(([price]) => price) ?? [],
    );
    expect(await page.locator("[data-testid=gap-marker]").count()).toBe(0);
    expect(pageErrors).toEqual([]);
    await picture("whole");
  });

  async function untilState(state: string): Promise<void> {
    await page.waitForFunction((wanted) => window.__edgetape?.state() === wanted, state);
  }

  /** The newest bar changes, and so do the pixels of the chart. */
  async function untilCandlesMove(): Promise<void> {
    const chart = page.locator("[data-testid=candle-chart]");
    const bars = JSON.stringify(await shownBars());
    const pixels = await chart.screenshot();
    await until("another bar", async () => JSON.stringify(await shownBars()) !== bars);
    await until("another picture", async () => !pixels.equals(await chart.screenshot()));
  }

  async function untilShownToTheEnd(): Promise<void> {
    await until("the end of the tape on the page", async () => {
      const { cursor } = await get<{ cursor: number }>(`/api/rooms/${SYMBOL}/events`);
      return cursor === (await page.evaluate(() => window.__edgetape?.cursor()));
    });
  }

  async function untilSame<Value>(shown: () => Promise<Value[]>, wanted: Value[]): Promise<void> {
    const text = JSON.stringify(wanted);
    await until(`on the page: ${text}`, async () => JSON.stringify(await shown()) === text);
  }

  function shownBars(): Promise<Bar[]> {
    return page.evaluate(() => window.__edgetape?.bars() ?? []);
  }

  async function storedBars(): Promise<Bar[]> {
    const path = `/api/history/${SYMBOL}?interval=${INTERVAL}&limit=10000`;
    return (await get<{ bars: Bar[] }>(path)).bars;
  }

  /** Times of the newest trades in the list, newest first, to the millisecond. */
  async function shownTradeTimes(): Promise<string[]> {
    const times = page.locator("[data-testid=trade-row] time");
    return await times.evaluateAll((all) => all.map((time) => time.getAttribute("datetime") ?? ""));
  }

  async function storedTradeTimes(): Promise<string[]> {
    const count = (await shownTradeTimes()).length;
    const path = `/api/rooms/${SYMBOL}/events?since=0&limit=10000`;
    const { events } = await get<{ events: { kind: string; ts: number }[] }>(path);
    return events
      .filter((event) => event.kind === "trade")
      .slice(-count)
      .reverse()
      .map((event) => new Date(event.ts / 1_000).toISOString());
  }

  /** Prices of one side of the order book, from the top of the page down. */
  async function shownPrices(side: "bid" | "ask"): Promise<number[]> {
    const prices = page.locator(`[data-testid=book-${side}] .price`);
    return (await prices.allTextContents()).map((text) => Number(text.replaceAll(",", "")));
  }

  async function get<Answer>(path: string): Promise<Answer> {
    return (await (await fetch(`${product.url}${path}`)).json()) as Answer;
  }

  /** For who wants to look: SCREENSHOT_DIR names a folder. */
  async function picture(name: string): Promise<void> {
    const dir = process.env["SCREENSHOT_DIR"];
    if (dir !== undefined) await page.screenshot({ path: join(dir, `${name}.png`) });
  }
});

function withoutVolume({ volume: _, ...rest }: Bar): Omit<Bar, "volume"> {
  return rest;
}

declare global {
  interface Window {
    /** What the dashboard shows to tests (web/pages/console-hook.ts). */
    __edgetape?: { bars(): Bar[]; cursor(): number; state(): string };
  }
}
