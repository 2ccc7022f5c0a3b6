import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { HistoryAnswer } from "../../src/protocol/answers/answers.ts";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { axeFaults } from "./browsing/sound-page.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

/** The dashboard by keys alone, and by ear. */
const MOST_STOPS = 120;
const folder = temporaryDataDir();
let product: RunningProduct;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
  browser = await launchBrowser();
  context = await browser.newContext({
    ...{ viewport: { width: 1_280, height: 800 }, locale: "en-US", timezoneId: "UTC" },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const at = Date.now() * 1_000 - 400 * 60e6;
  const trades = Array.from({ length: 400 }, (_, i) => ({
    ...{ symbol: "KEY-1", price: 100 + i / 4, size: 2, ts: at + i * 60e6 },
  }));
  await push("/api/trades", trades);
  await push(
    "/api/metrics",
    [1.5, 2.25, 3.75].map((value, i) => ({
      ...{ symbol: "KEY-1", metric: "lag", value, ts: at + (390 + i) * 60e6 },
    })),
  );
});

afterAll(async () => {
  await browser?.close();
  await product?.killGroup();
  folder.remove();
});

beforeEach(async () => {
  await page?.close();
  page = await context.newPage();
});

it("Tab reaches whatever can be used of each page, says its name, and leaves the page again", async () => {
  for (const [path, shown] of [
    ["/", "symbol-row"],
    ["/s/KEY-1?interval=1m", "trade-row"],
    ["/explore", null],
    ["/analytics", null],
    ["/trace", null],
    ["/alerts", null],
    ["/operations", "findings"],
  ] as const) {
    await page.goto(`${product.url}${path}`);
    await page.getByRole("main").waitFor();
    if (shown !== null) await page.getByTestId(shown).first().waitFor();
    const { usable, reached, unnamed } = await walk();
    expect(unnamed, path).toEqual([]);
    expect(
      usable.filter((each) => !reached.includes(each)),
      path,
    ).toEqual([]);
  }
});

it("the first key leads past the bar, and ? tells all keys", async () => {
  await page.goto(product.url);
  await page.getByTestId("symbol-row").first().waitFor();
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Skip to the page");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  await page.keyboard.press("?");
  const told = page.getByRole("dialog", { name: "Keys" });
  const keys = await told.locator("kbd").allTextContents();
  for (const key of ["/", "g", "↑", "↓", "←", "→", "+", "−", "End", "Enter", "Esc", "?"]) {
    expect(keys, key).toContain(key);
  }
  for (const place of [told, page.getByRole("navigation", { name: "Pages" })]) {
    const link = place.locator("a[href='/docs']");
    expect(await link.innerText()).toMatch(/reference/i);
  }
});

it("arrows lead to the first and the last row where no row has the focus, and on from there", async () => {
  await push("/api/trades", [{ symbol: "KEY-2", price: 7, size: 1 }]);
  for (const key of ["ArrowDown", "ArrowUp"]) {
    await page.goto(product.url);
    await page.getByRole("link", { name: "KEY-2" }).waitFor();
    const listed = await page.getByTestId("symbol-row").getByRole("link").allTextContents();
    const along = key === "ArrowDown" ? listed : listed.toReversed();
    await page.keyboard.press(key);
    expect(await focused(), key).toBe(along[0]);
    await page.keyboard.press(key);
    expect(await focused(), key).toBe(along[1]);
  }
  // Who comes from another page is at the heading.
  await page.goto(`${product.url}/trace`);
  await page.getByRole("heading", { name: "Trace", exact: true }).waitFor();
  await page.getByRole("link", { name: "Market" }).click();
  await page.getByRole("link", { name: "KEY-2" }).waitFor();
  await expect.poll(focused).toBe("Market");
  await page.keyboard.press("ArrowDown");
  expect(await focused()).toBe("KEY-1");
});

it("candles are moved by keys, and told as a table", async () => {
  await page.goto(`${product.url}/s/KEY-1?interval=1m`);
  const table = page.getByRole("table", { name: "Bars, newest first" });
  await table.waitFor();
  const { bars } = (await (
    await fetch(`${product.url}/api/history/KEY-1?interval=1m&limit=2`)
  ).json()) as HistoryAnswer;
  const told = async () => await table.getByRole("row").nth(1).getByRole("cell").allTextContents();
  const newest = bars.at(-1);
  const prices = [newest?.open, newest?.high, newest?.low, newest?.close];
  await expect.poll(told).toEqual([...prices.map((price) => price?.toFixed(2)), "2"]);

  const chart = page.getByTestId("candle-chart");
  for (let i = 0; i < MOST_STOPS; i++) {
    await page.keyboard.press("Tab");
    if (await chart.evaluate((element) => element === document.activeElement)) break;
  }
  expect(await focused()).toMatch(/^Candles/);
  // The canvas covers an outline of what it lies in.
  const ring = await chart.evaluate((element) => getComputedStyle(element, "::after").borderStyle);
  expect(ring).toBe("solid");
  const toNewest = page.getByRole("button", { name: "To the newest" });
  expect(await toNewest.count()).toBe(0);
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowLeft");
  await toNewest.waitFor();
  const seen = async () => (await chart.screenshot()).toString("base64");
  const before = await seen();
  await page.keyboard.press("+");
  await expect.poll(seen).not.toBe(before);
  await page.keyboard.press("End");
  await toNewest.waitFor({ state: "detached" });
});

it("a panel of a metric is told as a table to who asks for it", async () => {
  for (const path of ["/s/KEY-1?interval=1m", "/explore?range=15m&symbols=KEY-1&metric=lag"]) {
    await page.goto(product.url + path);
    const chart = page.getByTestId(path.startsWith("/s/") ? "metric-panel" : "explore-panel");
    await chart.locator(".u-over").waitFor();
    const table = page.getByRole("table", { name: /lag.*, newest first/ });
    // Dozens of tables, each anew with every point, would be dear.
    expect(await table.count()).toBe(0);
    const toggle = chart.getByText(/as a table$/);
    const sight = () =>
      toggle.evaluate((summary) => getComputedStyle(summary.parentElement as Element).clipPath);
    expect(await sight()).not.toBe("none");
    await toggle.focus();
    expect(await sight()).toBe("none");
    await page.keyboard.press("Enter");
    await table.waitFor();
    const values = async () => {
      const rows = await table.getByRole("row").all();
      const cells = rows.slice(1).map((row) => row.getByRole("cell").first().textContent());
      return (await Promise.all(cells)).map(Number);
    };
    await expect.poll(values, { message: path }).toEqual([3.75, 2.25, 1.5]);
    expect(await axeFaults(page), path).toEqual([]);
  }
});

it("who comes to another page is at its heading, by a link, a key or a step back, and types on undisturbed", async () => {
  const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true });
  const isRead = async (name: string) => {
    await heading(name).waitFor({ state: "attached" });
    const isFocused = () => heading(name).evaluate((one) => one === document.activeElement);
    await expect.poll(isFocused, { message: name }).toBe(true);
    expect(await page.evaluate(() => scrollY), name).toBe(0);
  };
  await page.setViewportSize({ width: 1_280, height: 240 });
  await page.goto(product.url);
  const row = page.getByTestId("symbol-row").getByRole("link").first();
  await row.waitFor();
  // The first page is read from its beginning.
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("BODY");
  await row.scrollIntoViewIfNeeded();
  await row.click();
  await isRead("KEY-1");
  // The next Tab is that of what follows the heading.
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.closest("main") !== null)).toBe(true);
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await isRead("Explore");
  // What is chosen there is another address, and no other page.
  await page.getByRole("button", { name: "6h", exact: true }).click();
  await expect.poll(focused).toBe("6h");
  await page.goBack();
  await page.goBack();
  await isRead("KEY-1");
  await page.goto(`${product.url}/trace/one`);
  await page.getByLabel("Correlation id").fill("two");
  await page.keyboard.press("Enter");
  await isRead("Trace");
  await page.keyboard.press("/");
  await page.keyboard.type("KE");
  await page.goBack();
  await expect.poll(() => page.getByLabel("Correlation id").inputValue()).toBe("one");
  await page.keyboard.type("Y");
  expect(await page.getByLabel("Find a symbol").inputValue()).toBe("KEY");
});

/** With a token that writes. */
async function push(path: string, events: readonly object[]): Promise<void> {
  const answer = await fetch(product.url + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(events),
  });
  expect(answer.status).toBe(202);
}

/** The name of what has the focus. */
async function focused(): Promise<string> {
  return await page.evaluate(() => {
    const { activeElement: at } = document;
    return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
  });
}

/** Presses Tab until the page is left, and compares what was reached with what is there to be used. */
async function walk() {
  const usable = await page.evaluate(() => {
    const found = document.querySelectorAll<HTMLElement>(
      "a[href], button:not(:disabled), input:not(:disabled), select, summary",
    );
    return [...found]
      .filter((element) => element.tabIndex >= 0 && element.checkVisibility())
      .map((element, i) => {
        element.dataset["stop"] = `${i} ${element.tagName} ${element.textContent?.slice(0, 30)}`;
        return element.dataset["stop"];
      });
  });
  const reached: string[] = [];
  const unnamed: string[] = [];
  for (let i = 0; i < MOST_STOPS; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      if (element === null || element === document.body) return null;
      const label = element.labels?.[0]?.textContent ?? element.getAttribute("aria-label");
      const name = label ?? element.textContent ?? "";
      return { stop: element.dataset["stop"] ?? "", name, html: element.outerHTML.slice(0, 90) };
    });
    if (at === null) return { usable, reached, unnamed };
    reached.push(at.stop);
    if (at.name.trim() === "") unnamed.push(at.html);
  }
  throw new Error(`${page.url()} keeps the focus`);
}
